import { Agent } from 'node:https';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Emulator } from './emulator.ts';

/** An account of the emulator, with root's credentials. The access key is the account id. */
export interface Account {
  readonly id: string;
  readonly region: string;
  /** The environment of a command-line tool for this account. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cloudFormation: CloudFormationClient;
  readonly dynamoDb: DynamoDBClient;
  readonly events: EventBridgeClient;
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  readonly secrets: SecretsManagerClient;
  readonly sfn: SFNClient;
  readonly sqs: SQSClient;
}

/** Opens an account. In the emulator, any twelve digits are an existing account. */
export function openAccount(emulator: Emulator, id: string, region: string): Account {
  const credentials = { accessKeyId: id, secretAccessKey: 'test' };
  const httpsAgent = new Agent({ ca: emulator.certificate, keepAlive: true, maxSockets: 20 });
  const requestHandler = { httpsAgent, requestTimeout: 60_000, connectionTimeout: 5_000 };
  const settings = { endpoint: emulator.url, region, credentials, requestHandler };
  return {
    id,
    region,
    environment: {
      AWS_ENDPOINT_URL: emulator.url,
      AWS_ACCESS_KEY_ID: id,
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: region,
      // Version 1 of the AWS CLI reads only this variable.
      AWS_DEFAULT_REGION: region,
      AWS_CA_BUNDLE: emulator.certificatePath,
      NODE_EXTRA_CA_CERTS: emulator.certificatePath,
    },
    cloudFormation: new CloudFormationClient(settings),
    dynamoDb: new DynamoDBClient(settings),
    events: new EventBridgeClient(settings),
    lambda: new LambdaClient(settings),
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    secrets: new SecretsManagerClient(settings),
    sfn: new SFNClient(settings),
    sqs: new SQSClient(settings),
  };
}

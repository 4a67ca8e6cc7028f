import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { synthesizeTemplate } from '#infra/synthesize.ts';
import { environmentKeys } from '#src/config/environment-keys.ts';
import { stepsWith } from '#src/core/shared-with-infra/permissions.ts';
import { type StepName, stepNames } from '#src/core/shared-with-infra/step-names.ts';
import { tableKeys } from '#src/core/shared-with-infra/table-keys.ts';
import { functionOf, resources, resourcesFor, statementsOf, template } from './deployed.ts';

const apiKeySecretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf';

/** The stack with other values than the defaults. */
const tuned = synthesizeTemplate({
  sendReservedConcurrency: 90,
  mapConcurrency: 40,
  destination: { kind: 'twelvelabs', maxMediaBytes: 5_000_000_000 },
  uploadReply: Duration.minutes(10),
  privateUploadHosts: true,
  tableDeletionProtection: false,
  apiKeySecretArn,
});

function only(type: string): Record<string, unknown> {
  const found = resources(type);
  expect(found).toHaveLength(1);
  return found[0]?.[1] ?? {};
}

/** Returns every action of a step's role, except logs and traces. */
function actionsOf(step: StepName): string[] {
  return statementsOf(step)
    .flatMap(({ Action }) => [Action].flat())
    .filter((action) => !/^(xray|logs):/.test(action))
    .sort();
}

describe('the functions', () => {
  it.each(stepNames)('%s runs on Node.js 24 on arm64, with traces and JSON logs', (step) => {
    expect(functionOf(step)).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: { LogFormat: 'JSON' },
    });
  });

  it('have 1,024 MiB and 600 s to send, 512 MiB and 60 s for other steps', () => {
    const sizes = stepNames.map((step) => {
      const { MemorySize, Timeout } = functionOf(step);
      return [step, MemorySize, Timeout];
    });
    const expected = stepNames.map((step) =>
      step === 'SendChunks' ? [step, 1024, 600] : [step, 512, 60],
    );
    expect(sizes).toEqual(expected);
  });

  it('have published versions, which are retained', () => {
    const versions = Object.values(template.Resources).filter(
      ({ Type }) => Type === 'AWS::Lambda::Version',
    );
    expect(versions.map(({ DeletionPolicy }) => DeletionPolicy)).toEqual(
      stepNames.map(() => 'Retain'),
    );
  });

  it('have only variables that the code reads', () => {
    const known: string[] = [...Object.values(environmentKeys), 'NODE_OPTIONS'];
    const set = stepNames.flatMap((step) => Object.keys(functionOf(step).Environment.Variables));
    expect(set.filter((key) => !known.includes(key))).toEqual([]);
  });

  it('read the bounds of active transfers and sends', () => {
    expect(functionOf('OpenSession').Environment.Variables).toMatchObject({
      MAX_ACTIVE_TRANSFERS: '10',
      MAX_SEND_CONCURRENCY: '80',
    });
  });

  it('reserve no concurrency by default', () => {
    expect(JSON.stringify(template)).not.toContain('ReservedConcurrentExecutions');
    expect(functionOf('SendChunks', tuned)).toMatchObject({ ReservedConcurrentExecutions: 90 });
  });

  it('get the tuning of the props, and no default of the code', () => {
    const text = JSON.stringify(tuned);
    expect(text).toContain('"MAP_CONCURRENCY":"40"');
    expect(text).toContain('"TWELVELABS_MAX_MEDIA_BYTES":"5000000000"');
    expect(text).not.toContain('CHUNKS_IN_FLIGHT');
  });

  it('get the time for the reply to a chunk', () => {
    expect(JSON.stringify(template)).not.toContain('UPLOAD_REPLY_MS');
    expect(functionOf('SendChunks', tuned).Environment.Variables).toMatchObject({
      UPLOAD_REPLY_MS: '600000',
    });
  });

  it('allow private upload hosts only with the prop', () => {
    expect(JSON.stringify(template)).not.toContain('PRIVATE_UPLOAD_HOSTS');
    expect(functionOf('SendChunks', tuned).Environment.Variables).toMatchObject({
      PRIVATE_UPLOAD_HOSTS: 'true',
    });
  });
});

describe('permissions', () => {
  const objects = ['s3:GetObject', 's3:GetObjectVersion', 's3:ListBucket'];
  const changes = ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'];
  const rows = [...changes, 'dynamodb:PutItem'].sort();
  const slots = ['dynamodb:DeleteItem', ...rows];
  const key = ['secretsmanager:GetSecretValue'];

  it.each<[StepName, string[]]>([
    ['InspectSource', ['s3:GetBucketNotification', ...objects]],
    ['OpenSession', [...slots, 'events:PutEvents', ...key, 'states:DescribeExecution']],
    ['SendChunks', [...rows, ...objects, ...key]],
    ['ConfirmUpload', ['dynamodb:DeleteItem', ...changes, ...key]],
    ['AwaitAsset', [...changes, ...key]],
    ['RecordOutcome', [...slots, 'events:PutEvents', 'lambda:GetAccountSettings']],
  ])('let %s do what its work needs and no more', (step, actions) => {
    expect(actionsOf(step)).toEqual(actions);
  });

  it.each(stepNames)('allow %s a wildcard only for actions without resources', (step) => {
    const looks = step === 'RecordOutcome' ? ['lambda:GetAccountSettings'] : [];
    const everywhere = statementsOf(step).filter(({ Resource }) => Resource === '*');
    expect(everywhere.flatMap(({ Action }) => Action).sort()).toEqual([
      ...looks,
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
  });

  it.each(stepNames)('allow %s to write its own log only', (step) => {
    const [log] = resources('AWS::Logs::LogGroup').find(([id]) =>
      id.startsWith(`Chunkferry${step}Logs`),
    ) as [string, unknown];
    expect(resourcesFor('logs:PutLogEvents', statementsOf(step))).toEqual([`<${log}.Arn>`]);
    expect(JSON.stringify(resources('AWS::IAM::Role'))).not.toContain('AWSLambdaBasic');
  });

  it.each(stepNames)('give %s a role of its own', (step) => {
    const roles = stepNames.map((one) => functionOf(one).Role['Fn::GetAtt'][0]);
    const own = functionOf(step).Role['Fn::GetAtt'][0];
    expect(roles.filter((role) => role === own)).toHaveLength(1);
  });

  it.each(stepsWith('callService'))('allow %s rows of the table, without its indexes', (step) => {
    const table = ['<ChunkferryTableBF654FEA.Arn>'];
    expect(resourcesFor('dynamodb:Query', statementsOf(step))).toEqual(table);
  });

  it('allow the secret only to the steps that call the service', () => {
    const holders = stepNames.filter(
      (step) => environmentKeys.apiKeySecretArn in functionOf(step).Environment.Variables,
    );
    expect(holders.sort()).toEqual([...stepsWith('callService')].sort());
  });

  it('allow the state machine to call every version, because running executions call old versions', () => {
    const text = JSON.stringify(resources('AWS::IAM::Policy'));
    for (const step of stepNames) {
      expect(text).toMatch(
        new RegExp(`\\{"Fn::GetAtt":\\["Chunkferry${step}[0-9A-F]{8}","Arn"\\]\\},":\\*"`),
      );
    }
  });
});

describe('the table', () => {
  it('has the keys, the indexes and the TTL attribute of the code', () => {
    const { stateIndex, outboxIndex } = tableKeys;
    expect(only('AWS::DynamoDB::Table')).toMatchObject({
      KeySchema: [
        { AttributeName: tableKeys.partitionKey, KeyType: 'HASH' },
        { AttributeName: tableKeys.sortKey, KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [stateIndex, outboxIndex].map((index) => ({
        IndexName: index.name,
        KeySchema: [
          { AttributeName: index.partitionKey, KeyType: 'HASH' },
          { AttributeName: index.sortKey, KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      })),
      TimeToLiveSpecification: { AttributeName: tableKeys.ttlAttribute, Enabled: true },
    });
  });

  it('is on demand, encrypted, and has point-in-time recovery', () => {
    expect(only('AWS::DynamoDB::Table')).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      SSESpecification: { SSEEnabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  it('has deletion protection by default', () => {
    expect(only('AWS::DynamoDB::Table')).toMatchObject({ DeletionProtectionEnabled: true });
    expect(resources('AWS::DynamoDB::Table', tuned)).toMatchObject([
      [expect.any(String), { DeletionProtectionEnabled: false }],
    ]);
  });

  it('is retained when the stack is deleted', () => {
    expect(template.Resources.ChunkferryTableBF654FEA).toMatchObject({
      Type: 'AWS::DynamoDB::Table',
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
  });
});

describe('the state machines', () => {
  const machines = resources('AWS::StepFunctions::StateMachine');

  it('are the preflight and the transfer', () => {
    expect(machines.map(([id]) => id)).toEqual([
      expect.stringContaining('Preflight'),
      expect.stringContaining('Transfers'),
    ]);
  });

  it.each(machines)('%s is Standard, with traces and a log without the data', (_, machine) => {
    expect(machine).toMatchObject({
      StateMachineType: 'STANDARD',
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
    });
  });
});

describe('the rest', () => {
  it('changes no bucket and no notification settings', () => {
    const types = Object.values(template.Resources).map(({ Type }) => Type);
    expect(types.filter((type) => /^(AWS::S3|Custom)::/.test(type))).toEqual([]);
  });

  it('creates a secret without a generated value', () => {
    expect(Object.keys(only('AWS::SecretsManager::Secret'))).toEqual(['Description']);
  });

  it('creates no secret with apiKeySecretArn', () => {
    const text = JSON.stringify(tuned);
    expect(text).not.toContain('AWS::SecretsManager::Secret');
    expect(text).toContain(`"${environmentKeys.apiKeySecretArn}":"${apiKeySecretArn}"`);
  });

  it('retains every log for a bounded time', () => {
    const groups = resources('AWS::Logs::LogGroup');
    // One for each step, the reconciler, the dispatcher, the failure notices and the state machine.
    expect(groups).toHaveLength(stepNames.length + 4);
    expect(groups.filter(([, { RetentionInDays }]) => RetentionInDays !== 90)).toEqual([]);
  });

  it('has the outputs that an operator needs', () => {
    expect(Object.keys(template.Outputs ?? {})).toEqual([
      'StateMachineArn',
      'PreflightStateMachineArn',
      'TableName',
      'SecretArn',
      'Destination',
      'DeadLetterQueueUrl',
      'AlarmTopicArn',
      'DashboardName',
      'DispatcherName',
      ...[...stepNames, 'Reconciler', 'Dispatcher', 'SendFailureNotice'].map(
        (name) => `${name}RoleArn`,
      ),
    ]);
  });

  it('describes the commands in the output of the dispatcher', () => {
    const output = template.Outputs?.DispatcherName as { Value: unknown; Description: string };
    expect(output.Value).toEqual({ Ref: expect.stringMatching(/^ChunkferryDispatcherDispatch/) });
    const commands = output.Description.match(/\{[^}]*\}/g)?.map((text) => JSON.parse(text));
    expect(commands).toEqual([
      { command: 'pause' },
      { command: 'resume' },
      { command: 'cancel', transferId: '<id>' },
    ]);
    // CloudFormation shows a question mark for any other character than ASCII.
    expect(output.Description).toMatch(/^[ -~]+$/);
  });

  it('has an output for the role of each function', () => {
    const roles = resources('AWS::Lambda::Function').map(([, { Role }]) => Role);
    const outputs = Object.entries(template.Outputs ?? {}).filter(([name]) =>
      /RoleArn$/.test(name),
    );
    expect(outputs.map(([, { Value }]) => Value)).toEqual(expect.arrayContaining(roles));
  });
});

import { describe, expect, it } from 'vitest';
import type { CloudFormationTemplate } from '#infra/synthesize.ts';
import { resources } from './deployed.ts';
import { richTemplate, sourceAccountTemplate } from './rich-setup.ts';

const templates = {
  transfers: richTemplate(),
  'source-account': sourceAccountTemplate(),
};

/**
 * Resources with data, or with an ARN that other accounts use. Under another logical id, an upgrade
 * would replace them with empty resources or invalidate the ARN.
 */
const stateful = [
  'AWS::DynamoDB::Table',
  'AWS::SecretsManager::Secret',
  'AWS::SQS::Queue',
  'AWS::Logs::LogGroup',
  'AWS::Events::EventBus',
  'AWS::StepFunctions::StateMachine',
  'AWS::SNS::Topic',
];

const idsOf = (template: CloudFormationTemplate) =>
  Object.fromEntries(
    stateful.map((type) => [
      type,
      resources(type, template)
        .map(([id]) => id)
        .sort(),
    ]),
  );

describe('an upgrade keeps', () => {
  it("the stateful resources of the transfers' stack", () => {
    expect(idsOf(templates.transfers)).toMatchInlineSnapshot(`
      {
        "AWS::DynamoDB::Table": [
          "ChunkferryTableBF654FEA",
        ],
        "AWS::Events::EventBus": [
          "ChunkferryObjectCreatedIntakeBus4C70D0CB",
        ],
        "AWS::Logs::LogGroup": [
          "ChunkferryAwaitAssetLogs1DEE7728",
          "ChunkferryConfirmUploadLogsEEC848C5",
          "ChunkferryDispatcherDispatchLogs0A417A0C",
          "ChunkferryInspectSourceLogs26875295",
          "ChunkferryMonitoringFailureNoticesSendLogs98FF44EC",
          "ChunkferryOpenSessionLogs2DE30635",
          "ChunkferryReconcilerReconcileLogs2F3AEE5F",
          "ChunkferryRecordOutcomeLogs6A31B05B",
          "ChunkferrySendChunksLogsD060A22F",
          "ChunkferryTransferLogs5DC3BF4F",
        ],
        "AWS::SNS::Topic": [
          "ChunkferryMonitoringAlarms8678B4E2",
        ],
        "AWS::SQS::Queue": [
          "ChunkferryMonitoringFailureNoticesDeadLetters818C7BCE",
          "ChunkferryMonitoringFailureNoticesFailures3E3B33BE",
          "ChunkferryObjectCreatedDeadLetters48282A70",
          "ChunkferryReconcilerDeadLettersBF3233D6",
        ],
        "AWS::SecretsManager::Secret": [
          "ChunkferryApiKey9FD52BA5",
        ],
        "AWS::StepFunctions::StateMachine": [
          "ChunkferryPreflightStateMachineC867FB56",
          "ChunkferryTransfersStateMachineB0309E1F",
        ],
      }
    `);
  });

  it("the stateful resources of the source account's stack", () => {
    expect(idsOf(templates['source-account'])).toMatchInlineSnapshot(`
      {
        "AWS::DynamoDB::Table": [],
        "AWS::Events::EventBus": [],
        "AWS::Logs::LogGroup": [],
        "AWS::SNS::Topic": [
          "SourceAccountMonitoringAlarms123A0812",
        ],
        "AWS::SQS::Queue": [
          "SourceAccountForwardingDeadLetters23FFA64C",
        ],
        "AWS::SecretsManager::Secret": [],
        "AWS::StepFunctions::StateMachine": [],
      }
    `);
  });

  it('the name of the bus that other accounts send to', () => {
    expect(resources('AWS::Events::EventBus', templates.transfers)).toMatchInlineSnapshot(`
      [
        [
          "ChunkferryObjectCreatedIntakeBus4C70D0CB",
          {
            "Description": "S3 events of the source accounts and of other Regions",
            "Name": "ChunkferryObjectCreatedIntakeBus8F44FB2F",
          },
        ],
      ]
    `);
  });

  it('the roles that read, which trusts and policies of keys in other accounts name', () => {
    const roles = [...Object.values(templates)].flatMap((template) =>
      resources('AWS::IAM::Role', template).map(([id]) => id),
    );
    expect(roles.filter((id) => /InspectSource|SendChunks|Reader/.test(id))).toMatchInlineSnapshot(`
      [
        "ChunkferryInspectSourceServiceRole4C8EEE84",
        "ChunkferrySendChunksServiceRole39DB95B6",
        "SourceAccountReaderA598C58C",
      ]
    `);
  });

  it('the roles that use the key of the secret, which the policy of that key names', () => {
    const roles = resources('AWS::IAM::Role', templates.transfers).map(([id]) => id);
    const others = /OpenSession|ConfirmUpload|AwaitAsset|Reconcile/;
    expect(roles.filter((id) => others.test(id))).toMatchInlineSnapshot(`
      [
        "ChunkferryOpenSessionServiceRoleE5876ADC",
        "ChunkferryConfirmUploadServiceRoleD49C1316",
        "ChunkferryAwaitAssetServiceRole5084B24B",
        "ChunkferryReconcilerReconcileServiceRole7315765E",
      ]
    `);
  });

  it('the name of the reader role, which the other account assumes', () => {
    const names = resources('AWS::IAM::Role', templates['source-account']).map(
      ([, { RoleName }]) => RoleName,
    );
    expect(names).toContain('ChunkferryReader');
  });
});

/** Returns the template without hashes of code and without the definition, which has its own snapshot. */
function lasting(template: CloudFormationTemplate): string {
  const asText = (key: string, value: unknown) =>
    key === 'DefinitionString' ? '<state-machine.asl.json>' : value;
  return `${JSON.stringify(template, asText, 2)}\n`
    .replaceAll(/[0-9a-f]{64}/g, '<asset>')
    .replaceAll(/CurrentVersion[0-9A-F]{8}[0-9a-f]{32}/g, '<version>');
}

describe('the template equals the reviewed snapshot:', () => {
  it.each(Object.entries(templates))('%s', async (name, template) => {
    await expect(lasting(template)).toMatchFileSnapshot(`__snapshots__/${name}.template.json`);
  });
});

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import type { TransferStackProps } from '#infra/stacks/named-resource-props.ts';
import { synthesizeTemplate } from '#infra/synthesize.ts';
import type { TransferWindow } from '#src/core/queue/transfer-window.ts';
import { errorOf } from '../deployed.ts';
import { windowFlaws } from './window-flaws.ts';

const key = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd';
const secret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf';

describe('an invalid prop fails with its value and what must hold:', () => {
  it.each<[TransferStackProps, string]>([
    [
      { sendTimeout: Duration.seconds(901) },
      'Invalid sendTimeout 901 s: must be 60 to 900 whole seconds.',
    ],
    [
      { sendTimeout: Duration.seconds(59) },
      'Invalid sendTimeout 59 s: must be 60 to 900 whole seconds.',
    ],
    [
      { stepTimeout: Duration.seconds(61) },
      'Invalid stepTimeout 61 s: must be 10 to 60 whole seconds.',
    ],
    [
      { stepTimeout: Duration.millis(20_500) },
      'Invalid stepTimeout 20.5 s: must be 10 to 60 whole seconds.',
    ],
    [
      { noProgress: Duration.minutes(6) },
      'Invalid noProgress 360 s: must be 1 to 300 whole seconds.',
    ],
    [
      { uploadReply: Duration.seconds(29) },
      'Invalid uploadReply 29 s: must be 30 to 900 whole seconds.',
    ],
    [
      { uploadReply: Duration.minutes(16) },
      'Invalid uploadReply 960 s: must be 30 to 900 whole seconds.',
    ],
    [
      { sendMemoryMiB: 127 },
      'Invalid sendMemoryMiB 127: must be a whole number from 128 to 10,240.',
    ],
    [
      { stepMemoryMiB: 10_241 },
      'Invalid stepMemoryMiB 10241: must be a whole number from 128 to 10,240.',
    ],
    [{ mapConcurrency: 0 }, 'Invalid mapConcurrency 0: must be a whole number from 1 to 40.'],
    [{ mapConcurrency: 41 }, 'Invalid mapConcurrency 41: must be a whole number from 1 to 40.'],
    [{ chunksInFlight: 65 }, 'Invalid chunksInFlight 65: must be a whole number from 1 to 64.'],
    [
      { destination: { kind: 'twelvelabs', maxMediaBytes: 1.5 } },
      'Invalid destination.maxMediaBytes 1.5: must be a whole number of at least 1.',
    ],
    [
      { destination: { kind: 'twelvelabs', maxImageBytes: 0 } },
      'Invalid destination.maxImageBytes 0: must be a whole number of at least 1.',
    ],
    [
      { baseUrl: 'http://example.com' },
      'Invalid baseUrl "http://example.com/": must be an https URL',
    ],
    [{ baseUrl: 'example' }, 'Invalid baseUrl "example": must be an https URL'],
    [
      { baseUrl: 'https://me:word@example.com/v1' },
      'Invalid baseUrl "https://example.com/v1": must be an https URL with the version path, without user',
    ],
    [
      { baseUrl: 'https://example.com/v1?region=eu' },
      'Invalid baseUrl "https://example.com/v1": must be an https URL with the version path, without user, query',
    ],
    [
      { eventBusName: 'arn:aws:events:eu-west-1:123456789012:event-bus/ours' },
      'Invalid eventBusName "arn:aws:events:eu-west-1:123456789012:event-bus/ours": must be a bus\'s name, not its ARN: 1 to 256',
    ],
    [{ eventBusName: 'our bus' }, 'Invalid eventBusName "our bus": must be a bus\'s name'],
    [
      { sendReservedConcurrency: 4_001 },
      'Invalid sendReservedConcurrency 4001: must be a whole number from 1 to 4,000.',
    ],
    [
      { apiKeySecretKeyArn: key },
      `Invalid apiKeySecretKeyArn "${key}": must be set together with apiKeySecretArn`,
    ],
    [
      { apiKeySecretArn: secret, apiKeySecretKeyArn: 'alias/ours' },
      'Invalid apiKeySecretKeyArn "alias/ours": must be a key\'s ARN, not an alias\'s',
    ],
    [
      { maxActiveTransfers: 0 },
      'Invalid maxActiveTransfers 0: must be a whole number from 1 to 100. To stop transfers, pause them: invoke the function in the output DispatcherName with {"command":"pause"}',
    ],
    [
      { maxActiveTransfers: 101 },
      'Invalid maxActiveTransfers 101: must be a whole number from 1 to 100.',
    ],
    [
      { maxSendConcurrency: 4_001 },
      'Invalid maxSendConcurrency 4001: must be a whole number from 1 to 4,000.',
    ],
    [
      { maxActiveTransfers: 81 },
      'Invalid maxActiveTransfers 81: must not be above maxSendConcurrency, which is 80.',
    ],
    [
      { maxSendConcurrency: 9 },
      'Invalid maxActiveTransfers 10: must not be above maxSendConcurrency, which is 9.',
    ],
    [
      { sendReservedConcurrency: 79 },
      'Invalid sendReservedConcurrency 79: must be at least maxSendConcurrency, which is 80.',
    ],
    ...windowFlaws.map(([window, flaw]): [TransferStackProps, string] => [
      { transferWindow: window as unknown as TransferWindow },
      `Invalid transferWindow.${flaw}`,
    ]),
    [
      { tableRemovalPolicy: RemovalPolicy.DESTROY },
      'Invalid tableRemovalPolicy "destroy": must not be set together with tableDeletionProtection.',
    ],
    [
      { apiKeySecretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:key' },
      'Invalid apiKeySecretArn "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key": must be the secret',
    ],
    [{ apiKeySecretArn: 'my-key' }, 'Invalid apiKeySecretArn "my-key": must be the secret'],
  ])('%o', (props, message) => {
    expect(errorOf(() => synthesizeTemplate(props))).toContain(`ConfigurationError: ${message}`);
  });

  it('shows no password of a URL in the message', () => {
    const baseUrl = 'https://me:a-secret-word@example.com/v1';
    expect(errorOf(() => synthesizeTemplate({ baseUrl }))).not.toContain('a-secret-word');
  });

  it.each<TransferStackProps>([
    {
      eventBusName: 'aws.partner/example.com/films',
      apiKeySecretArn: secret,
      apiKeySecretKeyArn: key,
      sendTimeout: Duration.seconds(900),
      stepTimeout: Duration.seconds(10),
      baseUrl: 'http://127.0.0.1:8080/v1.3',
      transferWindow: { from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' },
    },
    {
      mapConcurrency: 40,
      chunksInFlight: 64,
      sendMemoryMiB: 10_240,
      maxActiveTransfers: 100,
      maxSendConcurrency: 4_000,
      sendReservedConcurrency: 4_000,
      tableRemovalPolicy: RemovalPolicy.DESTROY,
      tableDeletionProtection: false,
      transferWindow: { from: '00:00', to: '23:59', timeZone: 'UTC', underWay: 'stop' },
    },
  ])('%o is taken', (props) => {
    expect(() => synthesizeTemplate(props)).not.toThrow();
  });
});

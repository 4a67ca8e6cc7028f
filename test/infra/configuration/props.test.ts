import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import type { TransferStackProps } from '#infra/stacks/transfer-stack.ts';
import { synthesizeTemplate } from '#infra/synthesize.ts';
import type { TransferWindow } from '#src/core/queue/transfer-window.ts';
import { refusal } from '../deployed.ts';
import { windowFlaws } from './window-flaws.ts';

const key = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd';
const secret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf';

describe('a prop out of its bounds is refused with its value and what would be right:', () => {
  it.each<[TransferStackProps, string]>([
    [{ sendTimeout: Duration.seconds(901) }, 'sendTimeout is 901 s; whole seconds from 60 to 900'],
    [{ sendTimeout: Duration.seconds(59) }, 'sendTimeout is 59 s; whole seconds from 60 to 900'],
    [{ stepTimeout: Duration.seconds(61) }, 'stepTimeout is 61 s; whole seconds from 10 to 60'],
    [
      { stepTimeout: Duration.millis(20_500) },
      'stepTimeout is 20.5 s; whole seconds from 10 to 60',
    ],
    [{ noProgress: Duration.minutes(6) }, 'noProgress is 360 s; whole seconds from 1 to 300'],
    [{ uploadReply: Duration.seconds(29) }, 'uploadReply is 29 s; whole seconds from 30 to 900'],
    [{ uploadReply: Duration.minutes(16) }, 'uploadReply is 960 s; whole seconds from 30 to 900'],
    [{ sendMemoryMiB: 127 }, 'sendMemoryMiB is 127; a whole number from 128 to 10240'],
    [{ stepMemoryMiB: 10_241 }, 'stepMemoryMiB is 10241; a whole number from 128 to 10240'],
    [{ mapConcurrency: 0 }, 'mapConcurrency is 0; a whole number from 1 to 40'],
    [{ mapConcurrency: 41 }, 'mapConcurrency is 41; a whole number from 1 to 40'],
    [{ chunksInFlight: 65 }, 'chunksInFlight is 65; a whole number from 1 to 64'],
    [{ maxMediaBytes: 1.5 }, 'maxMediaBytes is 1.5; a whole number from 1'],
    [{ maxImageBytes: 0 }, 'maxImageBytes is 0; a whole number from 1'],
    [{ baseUrl: 'http://example.com' }, 'baseUrl is "http://example.com"; an https URL'],
    [{ baseUrl: 'example' }, 'baseUrl is "example"; an https URL'],
    [
      { baseUrl: 'https://me:word@example.com/v1' },
      'baseUrl is "https://example.com/v1" with a user or a password; an https URL',
    ],
    [
      { baseUrl: 'https://example.com/v1?region=eu' },
      'baseUrl is "https://example.com/v1" with a query or a part; an https URL',
    ],
    [
      { eventBusName: 'arn:aws:events:eu-west-1:123456789012:event-bus/ours' },
      'eventBusName is "arn:aws:events:eu-west-1:123456789012:event-bus/ours"; a bus\'s name, not its ARN, is right: 1 to 256',
    ],
    [{ eventBusName: 'our bus' }, 'eventBusName is "our bus"; a bus\'s name'],
    [
      { sendReservedConcurrency: 4_001 },
      'sendReservedConcurrency is 4001; a whole number from 80 to 4000',
    ],
    [{ apiKeySecretKeyArn: key }, `apiKeySecretKeyArn is "${key}" without apiKeySecretArn; give`],
    [
      { apiKeySecretArn: secret, apiKeySecretKeyArn: 'alias/ours' },
      'apiKeySecretKeyArn is "alias/ours"; a key\'s ARN, not an alias\'s, is right',
    ],
    [
      { maxActiveTransfers: 0 },
      'Invalid maxActiveTransfers 0: must be 1 to 100. To stop transfers, pause them: invoke the function that the output DispatcherName names with {"command":"pause"}',
    ],
    [{ maxActiveTransfers: 101 }, 'maxActiveTransfers is 101; a whole number from 1 to 100'],
    [{ maxSendConcurrency: 4_001 }, 'maxSendConcurrency is 4001; a whole number from 1 to 4000'],
    [{ maxActiveTransfers: 81 }, 'maxActiveTransfers is 81 and maxSendConcurrency 80;'],
    [{ maxSendConcurrency: 9 }, 'maxActiveTransfers is 10 and maxSendConcurrency 9;'],
    [{ sendReservedConcurrency: 79 }, 'sendReservedConcurrency is 79; a whole number from 80'],
    ...windowFlaws.map(([window, flaw]): [TransferStackProps, string] => [
      { transferWindow: window as unknown as TransferWindow },
      `Invalid transferWindow.${flaw}`,
    ]),
    [{ tableRemovalPolicy: RemovalPolicy.DESTROY }, 'tableRemovalPolicy is destroy but'],
    [
      { apiKeySecretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:key' },
      'apiKeySecretArn is "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key"; the secret',
    ],
    [{ apiKeySecretArn: 'my-key' }, 'apiKeySecretArn is "my-key"; the secret'],
  ])('%o', (props, message) => {
    const where = message.startsWith('Invalid ') ? '' : 'Chunkferry: ';
    expect(refusal(() => synthesizeTemplate(props))).toContain(
      `ConfigurationError: ${where}${message}`,
    );
  });

  it('shows no password of a URL', () => {
    const baseUrl = 'https://me:a-secret-word@example.com/v1';
    expect(refusal(() => synthesizeTemplate({ baseUrl }))).not.toContain('a-secret-word');
  });

  it.each<TransferStackProps>([
    { eventBusName: 'aws.partner/example.com/films' },
    { apiKeySecretArn: secret, apiKeySecretKeyArn: key },
    { sendTimeout: Duration.seconds(900), stepTimeout: Duration.seconds(10) },
    { baseUrl: 'http://127.0.0.1:8080/v1.3' },
    { mapConcurrency: 40, chunksInFlight: 64, sendMemoryMiB: 10_240 },
    { maxActiveTransfers: 100, maxSendConcurrency: 4_000, sendReservedConcurrency: 4_000 },
    { tableRemovalPolicy: RemovalPolicy.DESTROY, tableDeletionProtection: false },
    { transferWindow: { from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' } },
    { transferWindow: { from: '00:00', to: '23:59', timeZone: 'UTC', underWay: 'stop' } },
  ])('%o is taken', (props) => {
    expect(() => synthesizeTemplate(props)).not.toThrow();
  });
});

import { App, Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { propsFromContext } from '#infra/context.ts';
import { synthesizeTemplate } from '#infra/synthesize.ts';
import type { TransferStackProps } from '#infra/transfer-stack.ts';

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    return String(error);
  }
  return 'not refused';
}

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
    [{ sendMemoryMiB: 127 }, 'sendMemoryMiB is 127; a whole number from 128 to 10240'],
    [{ stepMemoryMiB: 10_241 }, 'stepMemoryMiB is 10241; a whole number from 128 to 10240'],
    [{ mapConcurrency: 0 }, 'mapConcurrency is 0; a whole number from 1 to 40'],
    [{ mapConcurrency: 41 }, 'mapConcurrency is 41; a whole number from 1 to 40'],
    [{ chunksInFlight: 65 }, 'chunksInFlight is 65; a whole number from 1 to 64'],
    [{ maxMediaBytes: 1.5 }, 'maxMediaBytes is 1.5; a whole number from 1'],
    [{ maxImageBytes: 0 }, 'maxImageBytes is 0; a whole number from 1'],
    [{ baseUrl: 'http://example.com' }, 'baseUrl is "http://example.com"; an https URL'],
    [{ baseUrl: 'example' }, 'baseUrl is "example"; an https URL'],
  ])('%o', (props, message) => {
    expect(refusal(() => synthesizeTemplate(props))).toContain(
      `ConfigurationError: Chunkferry: ${message}`,
    );
  });

  it.each<TransferStackProps>([
    { sendTimeout: Duration.seconds(900), stepTimeout: Duration.seconds(10) },
    { baseUrl: 'http://127.0.0.1:8080/v1.3' },
    { mapConcurrency: 40, chunksInFlight: 64, sendMemoryMiB: 10_240 },
  ])('%o is taken', (props) => {
    expect(() => synthesizeTemplate(props)).not.toThrow();
  });
});

describe('context', () => {
  const propsOf = (context: Record<string, unknown>) => propsFromContext(new App({ context }).node);

  it('becomes props: lists by comma, numbers from text', () => {
    const props = propsOf({ sourceBuckets: 'films, talks', sendTimeoutSeconds: '600' });
    expect(props).toEqual({
      sourceBuckets: ['films', 'talks'],
      sendTimeout: Duration.seconds(600),
    });
  });

  it('that is empty leaves every default', () => {
    expect(propsOf({ eventBusName: '', mapConcurrency: undefined })).toEqual({});
  });

  it('refuses a number that is none, naming the key', () => {
    expect(refusal(() => propsOf({ mapConcurrency: 'banana' }))).toBe(
      'ConfigurationError: context: mapConcurrency is "banana"; a whole number is right',
    );
  });
});

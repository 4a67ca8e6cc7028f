import { describe, expect, it } from 'vitest';
import { failureOf, scriptTwelveLabs, session } from './scripted.ts';

describe('an error reply', () => {
  it.each([
    ['flat', '{"code":"c1","message":"m1","docs_url":"https://d"}', 'c1: m1'],
    ['nested', '{"error":{"code":"c1","message":"m1"}}', 'c1: m1'],
    ['with its text as error', '{"error":"m1"}', ': m1'],
    ['without a code', '{"message":"m1"}', ': m1'],
    ['without a message', '{"code":"c1"}', ' c1'],
    ['of other JSON', '{"detail":"x"}', ': {"detail":"x"}'],
    ['of a JSON string', '"x"', ': "x"'],
    [
      'of HTML',
      '<html><style>p{}</style><title>502</title>\n<h1>Bad  Gateway</h1></html>',
      ': 502 Bad Gateway',
    ],
    ['of plain text', 'upstream\nfailed', ': upstream failed'],
    ['that is empty', '', '500'],
  ])('%s retains its message', async (_, text, expected) => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ status: 500, text }));
    const error = await failureOf(twelveLabs.sessionStatus(session, call));
    expect(error).toMatchObject({
      name: 'ServiceUnavailableError',
      status: 500,
      origin: 'service',
    });
    expect(error.message.endsWith(expected)).toBe(true);
  });

  it('loses every text of the form of a key of the service', async () => {
    const json = { code: 'c', message: 'the key tlk_OTHER belongs to another project' };
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ status: 400, json }));
    const { message } = await failureOf(twelveLabs.sessionStatus(session, call));
    expect(message).toContain('c: the key … belongs to another project');
  });

  it('is one line of bounded length', async () => {
    const json = { code: 'c\n'.repeat(500), message: 'm\n'.repeat(5000) };
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ status: 400, json }));
    const { message } = await failureOf(twelveLabs.sessionStatus(session, call));
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThan(500);
  });

  it.each([
    [429, 'ThrottledError'],
    [503, 'ServiceUnavailableError'],
    [408, 'ServiceUnavailableError'],
    [409, 'ServiceUnavailableError'],
    [423, 'ServiceUnavailableError'],
    [304, 'ServiceUnavailableError'],
    [425, 'ServiceUnavailableError'],
    [501, 'RequestRejectedError'],
    [505, 'RequestRejectedError'],
  ])('of %i retains its retry time', async (status, name) => {
    const { twelveLabs, clock, call } = scriptTwelveLabs(() => ({
      status,
      headers: { 'x-ratelimit-reset': String(clock.now() / 1000 + 42) },
    }));
    const error = await failureOf(twelveLabs.sessionStatus(session, call));
    expect([error.name, error.retryAfterSeconds]).toEqual([name, 42]);
  });

  it('of 200 without JSON means another server in between', async () => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ text: '<html>login</html>' }));
    const error = await failureOf(twelveLabs.sessionStatus(session, call));
    expect(error.name).toBe('ServiceUnavailableError');
  });
});

import { describe, expect, it } from 'vitest';
import { flawOfSecret, readSecret, withTokens } from '#src/destinations/selfcommunity/secret.ts';

const full = {
  accessToken: 'access',
  refreshToken: 'refresh',
  clientId: 'client',
  clientSecret: 'word',
  tokenUrl: 'https://login.example.com/token/',
};

describe('the secret', () => {
  it.each<[string, unknown, unknown]>([
    ['the token alone', 'access', undefined],
    ['a token in JSON', { accessToken: 'access' }, undefined],
    [
      'a public client',
      { accessToken: 'access', refreshToken: 'refresh', clientId: 'client' },
      { refreshToken: 'refresh', clientId: 'client' },
    ],
    ['everything', full, (({ accessToken: _, ...rest }) => rest)(full)],
  ])('may be %s', (_, secret, refresh) => {
    const text = typeof secret === 'string' ? secret : JSON.stringify(secret);
    expect(flawOfSecret(text)).toBeUndefined();
    expect(readSecret(text)).toEqual({ text, accessToken: 'access', refresh });
  });

  it.each<[string, string, RegExp]>([
    ['nothing', '', /^is empty$/],
    ['two words', 'two words', /^is not a single word$/],
    ['a broken JSON', '{"accessToken":', /invalid "JSON"/],
    ['JSON without a token', '{}', /invalid "accessToken"/],
    ['an empty token', '{"accessToken":""}', /invalid "accessToken"/],
    ['an unknown field', '{"accessToken":"a","token":"b"}', /invalid "JSON"/],
    ['a refresh token alone', '{"accessToken":"a","refreshToken":"b"}', /both refreshToken/],
    ['a client alone', '{"accessToken":"a","clientId":"b"}', /both refreshToken/],
    ['a token with a line break', '{"accessToken":"a\\nb"}', /invalid "accessToken"/],
  ])('may not be %s', (_, text, flaw) => {
    expect(flawOfSecret(text)).toMatch(flaw);
    expect(() => readSecret(text)).toThrow(
      expect.objectContaining({
        name: 'ConfigurationError',
        message: expect.not.stringContaining('"b"'),
      }),
    );
  });

  it('keeps all but the tokens when they are replaced', () => {
    const tokens = { accessToken: 'access-2', refreshToken: 'refresh-2' };
    expect(JSON.parse(withTokens(JSON.stringify(full), tokens))).toEqual({ ...full, ...tokens });
  });
});

import { describe, expect, it } from 'vitest';
import { redact, removeSecret } from '#src/core/errors/redact.ts';

describe('foreign text', () => {
  it.each([
    [
      'a URL except its host',
      'see https://u.example/a/b?X-Amz-Signature=CANARY now',
      'see https://u.example/… now',
    ],
    ["a URL's credentials", 'at http://me:CANARY@u.example/', 'at http://u.example/…'],
    [
      'the value of an API key header',
      'x-api-key: CANARY was rejected',
      'x-api-key: … was rejected',
    ],
    ['a key in JSON', '{"api_key":"CANARY"}', '{"api_key":"…"}'],
    ['a bearer token', 'Authorization: Bearer CANARY', 'Authorization: Bearer …'],
    ['a signature in a query', 'a?X-Amz-Signature=CANARY&b=1', 'a?X-Amz-Signature=…&b=1'],
    ["a key with a vendor's prefix", 'the key ghp_CANARY0123456789 is bad', 'the key … is bad'],
    ['a long hex digest', `sent ${'ab'.repeat(32)}`, 'sent …'],
  ])('loses %s', (_, text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it('retains ids and plain words', () => {
    const text = 'asset 6650f0c1e2a94d0012345678 does not exist';
    expect(redact(text)).toBe(text);
  });

  it('becomes one line without control characters', () => {
    expect(redact('  a\r\n\tb\u0000c\u2028d ')).toBe('a b c d');
  });

  it('is cut to its bound between two characters, never inside a character', () => {
    expect(redact('🎬'.repeat(10), 4)).toBe('🎬🎬🎬…');
  });

  it('loses a known secret at any place', () => {
    expect(removeSecret('aKEYbKEY', 'KEY')).toBe('a…b…');
  });

  it.each([
    ['in JSON', 'ab\\u002Bc\\/d\\u0026\\"'],
    ['in a URL', 'ab%2bc%2Fd%26%22'],
    ['in HTML, by name', 'ab+c/d&amp;&quot;'],
    ['in HTML, by number', 'ab&#43;c&#x2F;d&#038;&#X22;'],
    ['in all of these forms', '\\u0061b%2Bc&#47;d&amp;\\"'],
  ])('loses a known secret whose characters are escaped %s', (_, text) => {
    expect(removeSecret(`<${text}>`, 'ab+c/d&"')).toBe('<…>');
  });

  it("loses marks that would reverse the text's direction", () => {
    expect(redact('a\u202Eb\u2066c')).toBe('a b c');
  });

  it.each([
    ['KEY with $&, the replacement', 'a KEY with $&, the replacement', 'a …'],
    ['K+Y', 'a K+Y and K+Y', 'a … and …'],
    ['KEY', '100 % of KEY', '100 % of …'],
  ])('loses the known secret %j with and without escapes around it', (secret, text, expected) => {
    expect(removeSecret(text, secret)).toBe(expected);
  });

  it('does not change for an empty secret', () => {
    expect(removeSecret('abc', '')).toBe('abc');
  });
});

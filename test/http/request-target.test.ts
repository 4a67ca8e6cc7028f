import { describe, expect, it } from 'vitest';
import { splitUrl } from '#src/http/request-target.ts';

describe('splitUrl', () => {
  it.each([
    ['https://h.example/a/../b?x=1', 'https://h.example', '/a/../b?x=1'],
    ['HTTPS://H.example:443/a', 'https://h.example', '/a'],
    ['http://h:8080', 'http://h:8080', '/'],
    ['http://h?x=1', 'http://h', '/?x=1'],
    ['http://[::1]:9/a#part', 'http://[::1]:9', '/a'],
  ])('splits %s into origin and unchanged path', (url, origin, path) => {
    expect(splitUrl(url)).toMatchObject({ origin, path });
  });

  it.each([
    '',
    'h.example/a',
    'ftp://h/a',
    'http://',
    'http://u:p@h/',
    'http://h/a b',
    'http://h/é',
    'http://h:99999/',
  ])('rejects %j', (url) => {
    expect(() => splitUrl(url)).toThrow(/must be an absolute http or https URL/);
  });
});

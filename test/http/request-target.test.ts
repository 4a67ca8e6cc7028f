import { describe, expect, it } from 'vitest';
import { splitUrl } from '#src/http/request-target.ts';

describe('the pieces of a URL', () => {
  it.each([
    ['https://h.example/a/../b?x=1', 'https://h.example', '/a/../b?x=1'],
    ['HTTPS://H.example:443/a', 'https://h.example', '/a'],
    ['http://h:8080', 'http://h:8080', '/'],
    ['http://h?x=1', 'http://h', '/?x=1'],
    ['http://[::1]:9/a#part', 'http://[::1]:9', '/a'],
  ])('of %s are its origin and its path as it stands', (url, origin, path) => {
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
  ])('are refused for %j', (url) => {
    expect(() => splitUrl(url)).toThrow(/not an absolute http or https URL/);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renderApiPage } from '../../packaging/api-page.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'api-page-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Token {
  readonly kind: 'Content' | 'Reference';
  readonly text: string;
  readonly canonicalReference?: string;
}

const content = (text: string): Token => ({ kind: 'Content', text });
const reference = (text: string, canonicalReference: string): Token => ({
  kind: 'Reference',
  text,
  canonicalReference,
});

const tsdocConfig = {
  $schema: 'https://developer.microsoft.com/json-schemas/tsdoc/v0/tsdoc.schema.json',
};

/** A type of the package, as API Extractor writes it. */
function typeAlias(name: string, excerptTokens: readonly Token[], docComment = '/** A type. */') {
  return {
    kind: 'TypeAlias',
    canonicalReference: `chunkferry!${name}:type`,
    docComment,
    excerptTokens,
    releaseTag: 'Public',
    name,
    typeTokenRange: { startIndex: 0, endIndex: excerptTokens.length },
  };
}

/** Returns the page of a package with these exports. */
function pageOf(...members: readonly unknown[]): string {
  const path = join(folder, 'chunkferry.api.json');
  const entryPoint = { kind: 'EntryPoint', canonicalReference: 'chunkferry!', name: '', members };
  writeFileSync(
    path,
    JSON.stringify({
      metadata: { toolPackage: 'test', toolVersion: '1', schemaVersion: 1011, tsdocConfig },
      kind: 'Package',
      canonicalReference: 'chunkferry!',
      docComment: '',
      name: 'chunkferry',
      members: [entryPoint],
    }),
  );
  return renderApiPage({ chunkferry: path });
}

describe('the page about the API', () => {
  it('lists an export with the first sentence of its docstring', () => {
    const page = pageOf(
      typeAlias('Size', [content('type Size = number')], '/** A size. In bytes. */'),
    );
    expect(page).toContain('| [`Size`](#size) | A size. |');
  });

  it('shows a declaration with the exported names of what it refers to', () => {
    const tokens = [content('type Size = '), reference('Own', 'chunkferry!Count:type')];
    expect(pageOf(typeAlias('Size', tokens))).toContain('type Size = Count');
  });

  it('leaves out a declaration that names what the package does not export', () => {
    const tokens = [content('type Size = '), reference('Own', 'chunkferry!~Own:type')];
    expect(pageOf(typeAlias('Size', tokens))).not.toContain('type Size');
  });

  it('rejects an export without a docstring', () => {
    const size = typeAlias('Size', [content('type Size = number')], '');
    expect(() => pageOf(size)).toThrow(
      'Missing docstring: chunkferry!Size:type must have one. Add it to the declaration.',
    );
  });
});

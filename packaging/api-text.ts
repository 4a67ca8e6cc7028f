import {
  type ApiDeclaredItem,
  ApiDocumentedItem,
  type ApiItem,
  ApiItemKind,
  type ApiPropertyItem,
  type Excerpt,
  ExcerptTokenKind,
} from '@microsoft/api-extractor-model';
import { anchorOf } from './api-links.ts';

/**
 * Returns what the docstring of an export says before its first tag, on one line.
 * @throws Error - names the export that has no docstring
 */
export function summaryOf(item: ApiItem): string {
  const [summary = ''] = docstringOf(item).split(/ ?@[a-z]+ /);
  if (summary === '')
    throw new Error(
      `Missing docstring: ${item.canonicalReference} must have one. Add it to the declaration.`,
    );
  return summary;
}

/** Returns the error that the docstring names, as a sentence; an empty list if it names none. */
export function throwsOf(item: ApiItem): string[] {
  const [, name, what] = /@throws (\w+) - ([^@]+)/.exec(docstringOf(item)) ?? [];
  return name ? [`Throws \`${name}\`, which ${what}.`] : [];
}

function docstringOf(item: ApiItem): string {
  const comment = item instanceof ApiDocumentedItem ? item.tsdocComment : undefined;
  const text = comment?.emitAsTsdoc() ?? '';
  return text
    .replaceAll(/^ *(\/\*\*|\*\/|\*)/gm, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/**
 * Returns the declaration on one line. Undefined if the line says nothing to a user: it has only
 * the name, names what the package does not export, or has many lines, as the type of a schema.
 */
export function signatureOf(item: ApiItem): string | undefined {
  const { excerpt } = item as ApiDeclaredItem;
  const isPrivate = excerpt.spannedTokens.some((token) =>
    isInternal(`${token.canonicalReference}`),
  );
  if (isPrivate || excerpt.text.includes('\n')) return undefined;
  const text = exportedNames(excerpt).replace(/^export (declare )?|;? *$/g, '');
  if (/^interface \w+$/.test(text)) return undefined;
  return item.kind === ApiItemKind.Variable ? `const ${text}` : text;
}

/** Returns the type of a property, with a link if it is an export. */
export function typeOf({ propertyTypeExcerpt }: ApiPropertyItem): string {
  const text = `\`${exportedNames(propertyTypeExcerpt)}\``;
  const [token, ...others] = propertyTypeExcerpt.spannedTokens;
  const name = others.length === 0 ? exportedName(`${token?.canonicalReference}`) : undefined;
  return name ? `[${text}](#${anchorOf(name)})` : text;
}

/** Returns the text of a declaration, with the names that the package exports in place of its own. */
function exportedNames({ spannedTokens }: Excerpt): string {
  return spannedTokens
    .map(({ kind, text, canonicalReference }) =>
      kind === ExcerptTokenKind.Reference ? (exportedName(`${canonicalReference}`) ?? text) : text,
    )
    .join('');
}

/** Returns the name of an export of this package, from its reference such as `chunkferry!Chunkferry:class`. */
function exportedName(reference: string): string | undefined {
  return /^chunkferry!(\w+):/.exec(reference)?.[1];
}

/** Whether a reference names a declaration of this package that is not exported. */
function isInternal(reference: string): boolean {
  return reference.startsWith('chunkferry!~');
}

/** Returns text that may be in a cell of a table. */
export function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}

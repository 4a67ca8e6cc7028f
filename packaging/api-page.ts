import { fileURLToPath } from 'node:url';
import {
  type ApiClass,
  type ApiItem,
  ApiItemKind,
  ApiModel,
  type ApiPropertyItem,
} from '@microsoft/api-extractor-model';
import { apiExamples } from './api-examples.ts';
import { anchorOf, describedAt } from './api-links.ts';
import { escapeCell, signatureOf, summaryOf, throwsOf, typeOf } from './api-text.ts';

/** The committed page. */
export const apiPageFile = fileURLToPath(new URL('../API.md', import.meta.url));

/**
 * Returns API.md, from what API Extractor read of each entry point.
 * @param models - the paths of the `*.api.json` files, by the names of the entry points
 */
export function renderApiPage(models: Readonly<Record<string, string>>): string {
  return [
    '# API',
    '<!-- Generated from the comments in the code by `npm run check:package -- --write`. Change the comment, then run it. -->',
    'What the package exports. [Install](docs/install.md) describes how to install it, and [What is public](docs/install.md#what-is-public) what a new version may change. A type without a link belongs to `aws-cdk-lib` or `constructs`, or may change in any version.',
    ...Object.entries(models).flatMap(([entry, path]) => entrySection(entry, path)),
  ]
    .join('\n\n')
    .concat('\n');
}

function entrySection(entry: string, path: string): string[] {
  const exported = sorted(new ApiModel().loadPackage(path).entryPoints.flatMap((e) => e.members));
  const rows = exported.map((item) => [
    `[\`${item.displayName}\`](#${anchorOf(item.displayName)})`,
    firstSentence(item),
  ]);
  return [
    `## Entry point \`${entry}\``,
    ...codeBlock(apiExamples[entry]),
    table(['Export', 'What it is'], rows),
    ...exported.flatMap(itemSection),
  ];
}

/** Classes first, then by name, in any letter case. */
function sorted(items: readonly ApiItem[]): ApiItem[] {
  const isClass = ({ kind }: ApiItem) => kind === ApiItemKind.Class;
  const nameOf = ({ displayName }: ApiItem) => displayName.toLowerCase();
  return items.toSorted(
    (a, b) => Number(isClass(b)) - Number(isClass(a)) || (nameOf(a) < nameOf(b) ? -1 : 1),
  );
}

function itemSection(item: ApiItem): string[] {
  const body = item.kind === ApiItemKind.Class ? classBody(item as ApiClass) : typeBody(item);
  return [`### ${item.displayName}`, summaryOf(item), ...body];
}

function classBody({ displayName, members }: ApiClass): string[] {
  const of = (kind: ApiItemKind) => members.filter((member) => member.kind === kind);
  return [
    ...of(ApiItemKind.Constructor).flatMap((item) => callOf(item, `new ${displayName}`)),
    ...of(ApiItemKind.Constructor).flatMap(throwsOf),
    table(
      ['Property', 'Type', 'What it is'],
      of(ApiItemKind.Property).map((item) => [
        `\`${item.displayName}\``,
        typeOf(item as ApiPropertyItem),
        summaryOf(item),
      ]),
    ),
    ...of(ApiItemKind.Method).flatMap((item) => [
      ...callOf(item, item.displayName),
      summaryOf(item),
      ...throwsOf(item),
    ]),
  ];
}

/** Returns how to call a constructor or a method. */
function callOf(item: ApiItem, name: string): string[] {
  return codeBlock(signatureOf(item)?.replace(/^\w+/, name));
}

function typeBody(item: ApiItem): string[] {
  return [...codeBlock(signatureOf(item)), ...propsOf(item), ...describedAt(item.displayName)];
}

/** Returns the names of an interface's props. Their types come from schemas, which the linked page describes. */
function propsOf({ members }: ApiItem): string[] {
  const props = members as readonly ApiPropertyItem[];
  const names = (isOptional: boolean) =>
    props.filter((prop) => prop.isOptional === isOptional).map((prop) => `\`${prop.displayName}\``);
  return [...sentence('Required props', names(false)), ...sentence('Optional props', names(true))];
}

function sentence(label: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`${label}: ${names.join(', ')}.`];
}

/** Returns the first sentence of a docstring, or what is before its colon. */
function firstSentence(item: ApiItem): string {
  const [start = ''] = /^(?:[^`.]*?:(?= )|.*?\.(?= |$))/.exec(summaryOf(item)) ?? [];
  return start.replace(/:$/, '.');
}

function codeBlock(code: string | undefined): string[] {
  return code === undefined ? [] : [`\`\`\`ts\n${code}\n\`\`\``];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows.map((row) => row.map(escapeCell))];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

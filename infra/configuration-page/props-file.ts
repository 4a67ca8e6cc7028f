import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { referenceOf } from '#infra/configuration/reference.ts';
import { thresholdFields } from '#infra/monitoring/alarm-thresholds.ts';
import { accountReaderFields } from '#infra/sources/account-readers.ts';
import { sourceProps } from '#infra/sources/source-props.ts';
import { chunkferryProps } from '#infra/stacks/chunkferry-props.ts';
import { windowFields } from '#infra/stacks/queue-fields.ts';

/** The committed file: the props as interfaces, with what an editor shows when you point at one. */
export const propsFile = fileURLToPath(new URL('../stacks/documented-props.ts', import.meta.url));

type Fields = Readonly<Record<string, z.ZodType>>;

/** Interfaces of the props that are objects or lists of objects, by prop. */
const nested: Readonly<Record<string, string>> = {
  sources: 'readonly SourceProps[] | undefined',
  destination: 'DestinationProps | undefined',
  sourceAccounts: 'readonly SourceAccountProps[] | undefined',
  transferWindow: 'TransferWindowProps | undefined',
  alarmThresholds: 'AlarmThresholdProps | undefined',
};

/** Returns the file, from the schemas that check the props. */
export function renderDocumentedProps(): string {
  return [
    [
      "// Generated from the schemas by `npm run docs:configuration`. Change the schema's description, then run it.",
      "import type { z } from 'zod';",
      "import type { DestinationProps } from '../destination/destination-props.ts';",
      "import type { chunkferryProps } from './chunkferry-props.ts';",
      '',
      "export type { DestinationProps } from '../destination/destination-props.ts';",
    ],
    [
      'type Schema = z.input<typeof chunkferryProps>;',
      "type Source = NonNullable<Schema['sources']>[number];",
      "type SourceAccount = NonNullable<Schema['sourceAccounts']>[number];",
      "type TransferWindow = NonNullable<Schema['transferWindow']>;",
      "type AlarmThreshold = NonNullable<Schema['alarmThresholds']>;",
    ],
    interfaceOf(
      'Chunkferry',
      'Schema',
      'Props of a Chunkferry. All are optional.',
      chunkferryProps.shape,
    ),
    interfaceOf(
      'Source',
      'Source',
      'A bucket, and which of its objects are transferred.',
      sourceProps.shape,
    ),
    interfaceOf(
      'SourceAccount',
      'SourceAccount',
      'Another account whose buckets may be sources.',
      accountReaderFields,
    ),
    interfaceOf(
      'TransferWindow',
      'TransferWindow',
      'The hours in which transfers start.',
      windowFields,
    ),
    interfaceOf(
      'AlarmThreshold',
      'AlarmThreshold',
      'Thresholds of the alarms that have no natural bound.',
      thresholdFields,
    ),
  ]
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function interfaceOf(name: string, type: string, summary: string, fields: Fields): string[] {
  const members = Object.entries(fields).flatMap(([key, field]) => memberOf(type, key, field));
  return [`/** ${summary} */`, `export interface ${name}Props {`, ...members, '}'];
}

function memberOf(type: string, key: string, field: z.ZodType): string[] {
  const { description, default: fallback } = referenceOf(field);
  const text = description.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1');
  const optional = fallback === undefined ? '' : '?';
  const member = `  readonly ${key}${optional}: ${nested[key] ?? `${type}['${key}']`};`;
  const lines = [
    ...wrapped(text),
    ...(fallback === undefined ? [] : wrapped(`@default ${fallback}`)),
  ];
  if (lines.length === 1) return [`  /** ${lines[0]} */`, member];
  return ['  /**', ...lines.map((line) => `   * ${line}`), '   */', member];
}

/** Breaks text into lines of at most 94 characters. */
function wrapped(text: string): string[] {
  return text.match(/.{1,94}(?=\s|$)/g)?.map((line) => line.trim()) ?? [];
}

import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { referenceOf } from '#infra/configuration/reference.ts';
import { keyOfSetting } from '#infra/context/destination-keys.ts';
import { sourceAccountKeys } from '#infra/context/source-account-stack-keys.ts';
import { contextSourceFields, transferKeys } from '#infra/context/transfer-stack-keys.ts';
import { thresholdFields } from '#infra/monitoring/alarm-thresholds.ts';
import { accountReaderFields } from '#infra/sources/account-readers.ts';
import { sourceProps } from '#infra/sources/source-props.ts';
import { chunkferryProps } from '#infra/stacks/chunkferry-props.ts';
import { windowFields } from '#infra/stacks/queue-fields.ts';
import { destinations } from '#src/destinations/registry.ts';
import type { AnyDefinition } from '#src/service-api/definition.ts';

/** The committed page. */
export const configurationFile = fileURLToPath(
  new URL('../../docs/configuration.md', import.meta.url),
);

type Fields = Readonly<Record<string, z.ZodType>>;

/** Returns docs/configuration.md, from the schemas that check the settings. */
export function renderConfigurationPage(): string {
  return [
    '# Configuration',
    "<!-- Generated from the schemas in infra/ by `npm run docs:configuration`. Change the schema's description, then run it. -->",
    'Settings of the two stacks are CDK context keys: `-c key=value` on the command line, or `context` in `cdk.json`. In a stack of your own, the same settings are props of the construct `Chunkferry`.',
    'The synthesis checks every value and ends with one line, such as `Invalid context key "sufixes": unknown key. Did you mean "suffixes"?`. Empty text (`-c vpcId=`) leaves a default in force. Only filters reject it, because an empty filter would match everything.',
    '## Transfers',
    'Keys of the stack `Chunkferry`, which is deployed without the key `stack`.',
    table('Key', transferKeys),
    'Lists are comma-separated text or JSON arrays. `mediaTypes` is comma-separated pairs (`.r3d=video,.seq=image`) or a JSON object.',
    '### Fields of a source',
    'Each entry of `sources`, for example `-c sources=\'[{"bucket":"my-videos","suffixes":[".mp4"]}]\'`. Two sources of one bucket must not overlap.',
    table('Field', contextSourceFields),
    '### Fields of a source account',
    'Each entry of `sourceAccounts`.',
    table('Field', accountReaderFields),
    '### Fields of a transfer window',
    'The object `transferWindow`.',
    table('Field', windowFields),
    ...destinationSections(),
    '## Source account',
    "Keys of the stack `ChunkferrySource`, which is deployed with `-c stack=source-account` in another account, or in another Region of the transfers' account.",
    table('Key', sourceAccountKeys),
    '## Props of the construct',
    'Props of `Chunkferry`, as `infra/index.ts` exports it. All are optional.',
    table('Prop', chunkferryProps.shape),
    '### Props of a source',
    'Each entry of `sources`, and the argument of `addSource`.',
    table('Prop', sourceProps.shape),
    '### Alarm thresholds',
    'The object `alarmThresholds`.',
    table('Prop', thresholdFields),
  ]
    .join('\n\n')
    .concat('\n');
}

function destinationSections(): string[] {
  return [
    '## Destinations',
    'Settings of the service that receives the objects: context keys of the stack `Chunkferry`, or fields of the prop `destination`, with its `kind`. On your computer, each has an environment variable and an option of `npm run ingest` (`--on-name-taken`).',
    ...destinations.flatMap((one) => [
      `### ${one.title}`,
      `\`destination=${one.kind}\`. The secret holds the ${one.secret.noun}, ${one.secret.storedAs}.`,
      settingsTable(one),
    ]),
  ];
}

function settingsTable({ fields }: AnyDefinition): string {
  const rows = Object.entries(fields).map(
    ([name, { variable, type, default: fallback, description }]) =>
      `| \`${keyOfSetting(name)}\` | \`${name}\` | \`${variable}\` | ${type} | ${fallback} | ${description} |`,
  );
  const head = '| Key | Field | Variable | Type | Default | What it does |';
  return [head, '|---|---|---|---|---|---|', ...rows].join('\n');
}

function table(heading: string, fields: Fields): string {
  const rows = Object.entries(fields).map(([name, field]) => {
    const { description, type, default: fallback = 'required' } = referenceOf(field);
    return `| \`${name}\` | ${type} | ${fallback} | ${description} |`;
  });
  return [`| ${heading} | Type | Default | What it does |`, '|---|---|---|---|', ...rows].join(
    '\n',
  );
}

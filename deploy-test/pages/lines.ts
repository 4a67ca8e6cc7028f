import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandLines } from './command-lines.ts';

/**
 * Lines of the pages that are run against the emulator, each by the start that tells it from the others;
 * one without an ellipsis is the whole line. The scenarios run the rest of a line as its page has it.
 */
export const stackLines = [
  'npx cdk bootstrap',
  'npx cdk deploy -c sourceBuckets=…',
  'aws secretsmanager put-secret-value …',
  'aws s3api put-bucket-notification-configuration --bucket my-videos …',
  'npm run doctor',
  'aws s3 cp film.mp4 …',
  'npx cdk deploy -c transferWindow=…',
  'npx cdk deploy -c sources=…',
  'npx cdk deploy -c vpcId=…',
  'npx cdk deploy -c sourceAccounts=…',
  'npx cdk bootstrap aws://…',
  'npx cdk deploy -c stack=source-account …',
  'aws s3api put-bucket-notification-configuration --bucket their-films …',
  'aws sqs receive-message …',
  "jq -r '.Messages[0].Body' …",
  'aws stepfunctions start-execution …',
  'aws sqs delete-message …',
  'aws dynamodb query …',
  'npx cdk destroy',
  'aws dynamodb update-table …',
  'aws dynamodb delete-table …',
] as const;

export type StackLine = (typeof stackLines)[number];

const invokes =
  'its option is for version 2 of the AWS CLI, which pip does not have; deploy-test/scenarios/queue.ts gives the same payload';

/** Lines of the pages that no test runs, each with the reason. */
export const linesNotRun: Readonly<Record<string, string>> = {
  'npm ci': 'it has run where a test runs',
  'npm ci && npm test': 'it is what runs this',
  'export TWELVE_LABS_API_KEY=…': 'the key is the reader’s own; a test compares its name',
  'npm run demo -- --size 2GiB': 'it takes a minute; test/commands/demo.test.ts runs other sizes',
  'npx cdk deploy': 'it stands for the lines with which a stack was deployed',
  'npm run test:deploy -- --keep':
    'it ends by Ctrl-C only; test/deploy-test/keep.test.ts reads what it prints',
  'aws lambda invoke --function-name <DispatcherName> --cli-binary-format raw-in-base64-out --payload \'{"command":"pause"}\' answer.json':
    invokes,
  'aws lambda invoke --function-name <DispatcherName> --cli-binary-format raw-in-base64-out --payload \'{"command":"pause","underWay":"stop"}\' answer.json':
    invokes,
  'aws lambda invoke --function-name <DispatcherName> --cli-binary-format raw-in-base64-out --payload \'{"command":"resume"}\' answer.json':
    invokes,
  'aws lambda invoke --function-name <DispatcherName> --cli-binary-format raw-in-base64-out --payload \'{"command":"cancel","transferId":"<transferId>"}\' answer.json':
    invokes,
};

/** The pages that hold such lines. */
export const pages = ['README.md', 'docs/deploy-test.md', 'docs/notifications.md', 'docs/vpc.md'];

/** All lines that the pages tell their reader to type. */
export async function linesOfPages(root: string): Promise<string[]> {
  const texts = await Promise.all(pages.map((page) => readFile(join(root, page), 'utf8')));
  return [...new Set(texts.flatMap(commandLines))];
}

/** Whether a line is the one that is named so. */
export function isLine(line: string, name: StackLine): boolean {
  return name.endsWith('…') ? line.startsWith(name.slice(0, -1)) : line === name;
}

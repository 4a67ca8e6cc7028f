import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandLines } from './command-lines.ts';

/**
 * The lines of the pages that run against the emulator, each by its unique start. A start without an
 * ellipsis is the whole line. The scenarios run the complete line of the page.
 */
export const stackLines = [
  'npx cdk bootstrap',
  'npx cdk deploy -c sourceBuckets=…',
  'aws secretsmanager put-secret-value --secret-id <SecretArn> --secret-string "$TWELVE_LABS_API_KEY"',
  'aws s3api put-bucket-notification-configuration --bucket my-videos …',
  'npm run doctor',
  'npm run doctor -- --stack Genomes',
  'npm run doctor -- --stack Community',
  'aws s3 cp film.mp4 …',
  'aws stepfunctions list-executions …',
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
  'npx chunkferry deploy --source-bucket my-videos',
  'npx cdk deploy --app "npx -y chunkferry app" -c sourceBuckets=my-videos',
  'npx chunkferry export --out chunkferry-stack --source-bucket my-videos',
] as const;

export type StackLine = (typeof stackLines)[number];

const needsAccount =
  "it names the service's own server; deploy-test/scenarios/other-destination.ts and test/commands/destinations.test.ts use a simulator";

const needsCliVersion2 =
  'its option needs version 2 of the AWS CLI, which pip does not install; deploy-test/scenarios/queue.ts sends the same payload';

const needsRelease =
  'it needs the published package; test/package/install-page.ts runs it with the packed tarball';

/** Lines of the pages that no test runs, each with the reason. */
export const linesNotRun: Readonly<Record<string, string>> = {
  'export TWELVE_LABS_API_KEY=…': 'the key belongs to the reader; a test compares its name',
  'export SEVEN_BRIDGES_TOKEN=…': 'the token belongs to the reader; a test compares its name',
  'npm run ingest -- ./reads.bam --destination seven-bridges --environment cavatica --project ada/genomes':
    needsAccount,
  'npx cdk deploy -c stackName=Genomes -c sourceBuckets=my-genomes -c destination=seven-bridges -c destinationEnvironment=cavatica -c destinationProject=ada/genomes':
    needsAccount,
  'aws secretsmanager put-secret-value --secret-id <SecretArn> --secret-string "$SEVEN_BRIDGES_TOKEN"':
    needsAccount,
  'npx cdk deploy -c stackName=Community -c sourceBuckets=my-pictures -c destination=selfcommunity -c baseUrl=https://community.example.com/api/v2':
    needsAccount,
  'aws secretsmanager put-secret-value --secret-id <SecretArn> --secret-string file://secret.json':
    needsAccount,
  'npm install chunkferry': needsRelease,
  'npm install --omit=optional chunkferry': needsRelease,
  'npm run demo -- --size 2GiB': 'it takes a minute; test/commands/demo.test.ts runs other sizes',
  'npm run bench -- --cost': 'it takes minutes and needs all of the machine',
  'npm run test:deploy -- --keep':
    'only Ctrl-C ends it; test/deploy-test/keep.test.ts checks its output',
  'aws lambda invoke --function-name <DispatcherName> --cli-binary-format raw-in-base64-out --payload \'{"command":"pause"}\' answer.json':
    needsCliVersion2,
  'aws lambda invoke --function-name <DispatcherName> --cli-binary-format raw-in-base64-out --payload \'{"command":"pause","underWay":"stop"}\' answer.json':
    needsCliVersion2,
  'aws lambda invoke --function-name <DispatcherName> --cli-binary-format raw-in-base64-out --payload \'{"command":"resume"}\' answer.json':
    needsCliVersion2,
  'aws lambda invoke --function-name <DispatcherName> --cli-binary-format raw-in-base64-out --payload \'{"command":"cancel","transferId":"<transferId>"}\' answer.json':
    needsCliVersion2,
};

/** Returns the pages that a reader types lines from: the README and every page under docs. */
async function pagesUnder(root: string): Promise<string[]> {
  const docs = await readdir(join(root, 'docs'));
  const pages = docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name));
  return ['README.md', ...pages];
}

/** Returns all lines that the pages ask their reader to type. */
export async function linesOfPages(root: string): Promise<string[]> {
  const pages = await pagesUnder(root);
  const texts = await Promise.all(pages.map((page) => readFile(join(root, page), 'utf8')));
  return [...new Set(texts.flatMap(commandLines))];
}

/** Returns whether a line has that name. */
export function isLine(line: string, name: StackLine): boolean {
  return name.endsWith('…') ? line.startsWith(name.slice(0, -1)) : line === name;
}

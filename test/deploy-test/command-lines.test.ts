import { expect, it } from 'vitest';
import { commandLines } from '../../deploy-test/pages/command-lines.ts';

const page = (...lines: readonly string[]) => commandLines(`${lines.join('\n')}\n`);

it('returns every line of a block with a command, also of an unknown program', () => {
  expect(page('```', 'npm ci', 'terraform apply', '', '```')).toEqual([
    'npm ci',
    'terraform apply',
  ]);
});

it('joins a line that continues after a backslash', () => {
  expect(page('```sh', 'npx cdk deploy \\', '  -c a=b', '```')).toEqual(['npx cdk deploy -c a=b']);
});

it('does not take the end of a block in another language for a start', () => {
  const text = ['```json', '{}', '```', 'aws is not typed here', '```', 'npm ci', '```'];
  expect(page(...text)).toEqual(['npm ci']);
});

it('ignores output, code and bare command names', () => {
  expect(page('```', '4 passed', '```', '```ts', "import 'a';", '```', '`npm run demo`')).toEqual(
    [],
  );
});

it('returns a command with arguments from a sentence, once', () => {
  const text = ['`npm run demo -- my.mp4` takes a file,', 'as `npm run demo -- my.mp4` does.'];
  expect(page(...text)).toEqual(['npm run demo -- my.mp4']);
});

import { expect, it } from 'vitest';
import { commandLines } from '../../deploy-test/pages/command-lines.ts';

const page = (...lines: readonly string[]) => commandLines(`${lines.join('\n')}\n`);

it('takes every line of a block that holds a command, also of an unknown program', () => {
  expect(page('```', 'npm ci', 'terraform apply', '', '```')).toEqual([
    'npm ci',
    'terraform apply',
  ]);
});

it('takes a line that goes on after a backslash as one', () => {
  expect(page('```sh', 'npx cdk deploy \\', '  -c a=b', '```')).toEqual(['npx cdk deploy -c a=b']);
});

it('takes no end of a block of another language for the start of one', () => {
  const text = ['```json', '{}', '```', 'aws is not typed here', '```', 'npm ci', '```'];
  expect(page(...text)).toEqual(['npm ci']);
});

it('takes no output, code or name of a command', () => {
  expect(page('```', '4 passed', '```', '```ts', "import 'a';", '```', '`npm run demo`')).toEqual(
    [],
  );
});

it('takes a command with arguments out of a sentence, once', () => {
  const text = ['`npm run demo -- my.mp4` takes a file,', 'as `npm run demo -- my.mp4` does.'];
  expect(page(...text)).toEqual(['npm run demo -- my.mp4']);
});

import { describe, expect, it } from 'vitest';
import { isLine, linesNotRun, stackLines } from '../../deploy-test/pages/lines.ts';
import { forStack, lines, local } from './page-shell.ts';

describe('a command line in the pages', () => {
  it('runs in npm run test:deep or test:deploy, or is listed with the reason for not running', () => {
    expect(lines.filter((line) => forStack(line).length > 1)).toEqual([]);
    const listed = lines.filter((line) => line in linesNotRun);
    expect(listed.toSorted()).toEqual(Object.keys(linesNotRun).toSorted());
    expect(lines.length).toBe(local.length + stackLines.length + listed.length);
  });

  it('that calls npx or the AWS CLI is listed: without a list it would run here, without a stack', () => {
    expect(local.filter((line) => /^(?:npx|aws) /.test(line))).toEqual([]);
  });

  it.each(stackLines)('exists once for npm run test:deploy: %s', (name) => {
    expect(lines.filter((line) => isLine(line, name))).toHaveLength(1);
  });
});

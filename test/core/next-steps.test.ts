import { describe, expect, it } from 'vitest';
import { type ErrorName, errorCatalogue, nextStepOf } from '#src/core/errors/error-lookup.ts';

const names = Object.keys(errorCatalogue) as ErrorName[];

/** Words that apply to a stack only. */
const stackWords =
  /secret\b(?! access key)|execution|\brole|this-computer|deploy|lambda|\bstack|event bus|dynamodb|states:|configur|sendTimeoutSeconds|maxActiveTransfers|privateUploadHosts\b|versionId|new input|same input/i;

describe('N9: the next step of an error', () => {
  it.each([...names, 'States.Timeout'])('%s has no word of a stack in a local run', (name) => {
    expect(nextStepOf(name, 'local')).toMatch(/^[A-Z].*\.$/);
    expect(nextStepOf(name, 'local')).not.toMatch(stackWords);
  });

  it.each(names)('%s has no command of a local run in a stack', (name) => {
    expect(nextStepOf(name, 'stack')).not.toMatch(/run the (same )?command|--\w/i);
  });
});

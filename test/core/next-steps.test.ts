import { describe, expect, it } from 'vitest';
import { type ErrorName, errorCatalogue, nextStepOf } from '#src/core/errors/errors.ts';

const names = Object.keys(errorCatalogue) as ErrorName[];

/** What exists in a stack only. */
const stackWords =
  /secret\b(?! access key)|execution|\brole|this-computer|deploy|lambda|\bstack|event bus|dynamodb|states:|configur|sendTimeoutSeconds|maxActiveTransfers|privateUploadHosts\b|versionId|new input|same input/i;

describe('N9: the next step of an error', () => {
  it.each([...names, 'States.Timeout'])('%s has no word of a stack on a laptop', (name) => {
    expect(nextStepOf(name, 'local')).toMatch(/^[A-Z].*\.$/);
    expect(nextStepOf(name, 'local')).not.toMatch(stackWords);
  });

  it.each(names)('%s has no command of a laptop in a stack', (name) => {
    expect(nextStepOf(name, 'stack')).not.toMatch(/run the (same )?command|--\w/i);
  });
});

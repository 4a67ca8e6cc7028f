import {
  type Disposition,
  type ErrorEntry,
  type Runtime,
  runAgain,
  startAgain,
} from './catalogue/error-entry.ts';
import { finalErrors } from './catalogue/final-errors.ts';
import { transientErrors } from './catalogue/transient-errors.ts';

export type { Disposition, ErrorOrigin, Runtime, Scope } from './catalogue/error-entry.ts';

/**
 * Every error that Chunkferry throws: its name, its scope, its disposition and the next step. The
 * code, the state machine's Retry and Catch, the documentation and the tests read this list.
 */
export const errorCatalogue = { ...transientErrors, ...finalErrors };

export type ErrorName = keyof typeof errorCatalogue;

/** The next step for an error outside the catalogue: Step Functions or Lambda raised it. */
const platformNextStep: Readonly<Record<Runtime, string>> = {
  stack: `The platform failed, not the transfer. ${startAgain}`,
  local: runAgain,
};

/** Returns the next step for an error's name, in the words of the runtime. */
export function nextStepOf(name: string, runtime: Runtime): string {
  if (!isErrorName(name)) return platformNextStep[runtime];
  const { nextStep, localNextStep }: ErrorEntry = errorCatalogue[name];
  if (runtime === 'stack') return nextStep;
  return localNextStep ?? nextStep.replace(startAgain, runAgain);
}

/** Returns all names of one disposition, for the state machine's Retry and Catch. */
export function errorNames(disposition: Disposition): ErrorName[] {
  return (Object.keys(errorCatalogue) as ErrorName[]).filter(
    (name) => errorCatalogue[name].disposition === disposition,
  );
}

export function isErrorName(name: string): name is ErrorName {
  return Object.hasOwn(errorCatalogue, name);
}

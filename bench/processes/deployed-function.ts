import { synthesizeTemplate } from '#infra/synthesize.ts';
import { readDefinition } from '#local/state-machine/definition.ts';
import { answerQuestions } from '../talking-process.ts';

/** Says with which options of Node the sending function deploys; a process, as the CDK is large. */
answerQuestions(async () => {
  const { functions } = readDefinition(synthesizeTemplate());
  const sending = [...functions.values()].find(({ name }) => name === 'SendChunks');
  return sending?.environment.NODE_OPTIONS ?? '';
});

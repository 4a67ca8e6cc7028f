import {
  type IChainable,
  JsonPath,
  Map as MapState,
  Pass,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { StepFunctions } from '#infra/lambda/step-function.ts';
import type { SendChunksAnswer } from '#src/core/shared-with-infra/next-answers.ts';
import { chooseNext, createStepTask, keepUnknownAnswer } from './step-task.ts';

/** The input of the functions inside the Maps. */
const payload = {
  state: JsonPath.entirePayload,
  executionId: JsonPath.stringAt('$$.Execution.Id'),
};

const answer = (next: SendChunksAnswer) => ({ next, waitSeconds: 0 });

/**
 * Returns the Map that sends the planned ranges by one call each: one transition a range. Its results are
 * in `$.sentRanges`. ConfirmUpload leads to `continueRanges` if a range needs more.
 *
 * An iteration never fails: that would end the Map while the other iterations still send.
 */
export function createSendRanges(scope: Construct, functions: StepFunctions): MapState {
  const send = createStepTask(scope, 'SendChunks', functions, payload, { briefRetry: true });
  const again = new Pass(scope, 'CallAgain', {
    comment: 'The call ended without an answer: the range needs another',
    parameters: {
      n: JsonPath.numberAt('$.range.n'),
      first: JsonPath.numberAt('$.range.first'),
      last: JsonPath.numberAt('$.range.last'),
      ...answer('more'),
    },
  });
  send.addCatch(again, { resultPath: JsonPath.DISCARD });
  return new MapState(scope, 'SendRanges', {
    comment: 'Sends the ranges of the plan by one call each, as many at once as the plan says',
    itemsPath: '$.ranges',
    resultPath: '$.sentRanges',
    ...oneRange,
  }).itemProcessor(send);
}

/**
 * Returns the Map that continues the ranges that need more than one call, each until it is complete or must
 * stop. Each error is stored in the range's row. The next state decides from the rows and the service. The results, in
 * `$.continued`, are only for its count of calls.
 */
export function createContinueRanges(scope: Construct, functions: StepFunctions): MapState {
  return new MapState(scope, 'ContinueRanges', {
    comment: 'Continues the ranges that need more than one call',
    itemsPath: '$.unfinished',
    resultPath: '$.continued',
    ...oneRange,
  }).itemProcessor(continueRange(scope, functions));
}

/** How many iterations run at once, and the input of each. */
const oneRange = {
  maxConcurrencyPath: '$.rangesAtOnce',
  itemSelector: {
    transferId: JsonPath.stringAt('$.transferId'),
    bucket: JsonPath.stringAt('$.bucket'),
    key: JsonPath.stringAt('$.key'),
    fence: JsonPath.numberAt('$.fence'),
    sessionNumber: JsonPath.numberAt('$.sessionNumber'),
    round: JsonPath.numberAt('$.round'),
    rangesAtOnce: JsonPath.numberAt('$.rangesAtOnce'),
    proven: JsonPath.numberAt('$.proven'),
    range: JsonPath.objectAt('$$.Map.Item.Value'),
  },
};

/** Calls SendChunks as often as it asks for. */
function continueRange(scope: Construct, functions: StepFunctions): IChainable {
  const ended = new Pass(scope, 'RangeEnded', { outputPath: '$.range' });
  const send = createStepTask(scope, 'SendChunks', functions, payload, {
    id: 'ContinueRange',
    resultPath: '$.range',
    briefRetry: true,
  });
  const wait = new Wait(scope, 'WaitToSend', {
    time: WaitTime.secondsPath('$.range.waitSeconds'),
  });
  const record = recordRangeError(scope, functions, ended);
  const next = chooseNext(
    scope,
    { name: 'ChooseNextRangeStep', step: 'SendChunks', path: '$.range.next' },
    { more: send, wait: wait.next(send), sent: ended, stop: ended },
    keepUnknownAnswer(scope, 'UnknownRangeNext', '$.error').next(record),
  );
  send.addCatch(record, { resultPath: '$.error' }).next(next);
  return next;
}

/** A sender that ended without an answer wrote no error itself. */
function recordRangeError(
  scope: Construct,
  functions: StepFunctions,
  ended: IChainable,
): IChainable {
  const record = createStepTask(scope, 'ConfirmUpload', functions, payload, {
    id: 'RecordRangeError',
    resultPath: JsonPath.DISCARD,
    briefRetry: true,
  });
  return record.addCatch(ended, { resultPath: JsonPath.DISCARD }).next(ended);
}

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
import { chooseNext, keepUnknownAnswer, stepTask } from './step-task.ts';

/** What the functions inside the map are called with. */
const payload = {
  state: JsonPath.entirePayload,
  executionId: JsonPath.stringAt('$$.Execution.Id'),
};

/**
 * Sends the planned ranges, some at a time. An iteration never fails: a failed one would end the map
 * while its siblings' functions go on sending, so it keeps its error in the range's row and ends;
 * the next state decides from the rows and the service. For the same reason nothing is returned.
 */
export function sendRanges(scope: Construct, functions: StepFunctions): MapState {
  return new MapState(scope, 'SendRanges', {
    comment: 'The ranges of the plan, as many at once as the plan says',
    itemsPath: '$.ranges',
    maxConcurrencyPath: '$.concurrency',
    itemSelector: {
      transferId: JsonPath.stringAt('$.transferId'),
      bucket: JsonPath.stringAt('$.bucket'),
      key: JsonPath.stringAt('$.key'),
      fence: JsonPath.numberAt('$.fence'),
      sessionNumber: JsonPath.numberAt('$.sessionNumber'),
      round: JsonPath.numberAt('$.round'),
      senders: JsonPath.numberAt('$.concurrency'),
      proven: JsonPath.numberAt('$.proven'),
      range: JsonPath.objectAt('$$.Map.Item.Value'),
    },
    resultPath: JsonPath.DISCARD,
  }).itemProcessor(oneRange(scope, functions));
}

/** Sends one range until it is sent or must stop, then reports what was sent. */
function oneRange(scope: Construct, functions: StepFunctions): IChainable {
  const caught = { resultPath: '$.error' };
  const stopped = new Pass(scope, 'RangeStopped', {
    comment: 'The reason is in the row of the range; the next plan starts from the proofs',
  });
  const send = stepTask(scope, 'SendChunks', functions, payload, { briefRetry: true });
  const report = stepTask(scope, 'ReportProofs', functions, payload, { briefRetry: true });
  report.addCatch(stopped, caught);
  const pause = new Wait(scope, 'WaitToSend', { time: WaitTime.secondsPath('$.waitSeconds') });
  const next = chooseNext(
    scope,
    'ChooseNextRangeStep',
    'SendChunks',
    { more: send, wait: pause.next(send), sent: report, stop: stopped },
    keepUnknownAnswer(scope, 'UnknownRangeNext').next(report),
  );
  return send.addCatch(report, caught).next(next);
}

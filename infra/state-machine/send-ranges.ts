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

/** The input of the functions inside the Map. */
const payload = {
  state: JsonPath.entirePayload,
  executionId: JsonPath.stringAt('$$.Execution.Id'),
};

/**
 * Returns the Map that sends the planned ranges. An iteration never fails: that would end the Map
 * while the other iterations still send. It stores its error in the range's row instead. The next
 * state decides from the rows and the service, and the Map returns no data.
 */
export function sendRanges(scope: Construct, functions: StepFunctions): MapState {
  return new MapState(scope, 'SendRanges', {
    comment: 'Sends the ranges of the plan, as many at once as the plan says',
    itemsPath: '$.ranges',
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
    resultPath: JsonPath.DISCARD,
  }).itemProcessor(oneRange(scope, functions));
}

/** Sends one range until it is complete or must stop, then reports its proofs. */
function oneRange(scope: Construct, functions: StepFunctions): IChainable {
  const caught = { resultPath: '$.error' };
  const stopped = new Pass(scope, 'RangeStopped', {
    comment: "The range's row has the reason; the next plan starts from the proofs",
  });
  const send = stepTask(scope, 'SendChunks', functions, payload, { briefRetry: true });
  const report = stepTask(scope, 'ReportProofs', functions, payload, { briefRetry: true });
  report.addCatch(stopped, caught);
  const wait = new Wait(scope, 'WaitToSend', { time: WaitTime.secondsPath('$.waitSeconds') });
  const next = chooseNext(
    scope,
    'ChooseNextRangeStep',
    'SendChunks',
    { more: send, wait: wait.next(send), sent: report, stop: stopped },
    keepUnknownAnswer(scope, 'UnknownRangeNext').next(report),
  );
  return send.addCatch(report, caught).next(next);
}

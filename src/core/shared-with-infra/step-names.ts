/** The folder of a function's handler below `functions/`, and what the console shows for it. */
interface FunctionEntry {
  readonly folder: string;
  readonly purpose: string;
}

/** The steps of a transfer, in the order of a transfer without failures, by Task state and construct id. */
const stepEntries = {
  InspectSource: {
    folder: 'inspect-source',
    purpose: 'Pins the object, or rejects with a named error what cannot be ingested',
  },
  OpenSession: {
    folder: 'open-session',
    purpose: 'Claims the transfer, opens or resumes its upload session, plans the ranges to send',
  },
  SendChunks: {
    folder: 'send-chunks',
    purpose:
      'Sends the chunks of one range that have no proof yet, stores and reports their proofs',
  },
  ConfirmUpload: {
    folder: 'confirm-upload',
    purpose: 'Checks whether all chunks arrived; reports or re-sends what the service lacks',
  },
  AwaitAsset: {
    folder: 'await-asset',
    purpose: 'Checks whether the asset is ready; a completed upload only means the bytes arrived',
  },
  RecordOutcome: {
    folder: 'record-outcome',
    purpose: "Writes the outcome's row, publishes its event, and returns how the execution ends",
  },
} as const satisfies Readonly<Record<string, FunctionEntry>>;

/** The functions that belong to no execution: rules and schedules call them. */
const serviceEntries = {
  Reconcile: {
    folder: 'reconcile',
    purpose: 'Closes what no Catch sees: transfers, queue, events; counts what is left over',
  },
  Dispatch: {
    folder: 'dispatch',
    purpose: 'Starts executions for queued transfers; pauses, resumes and cancels',
  },
} as const satisfies Readonly<Record<string, FunctionEntry>>;

/** The name of a step: of its Task state, its function's construct and its log lines. */
export type StepName = keyof typeof stepEntries;

/** The name of a function that belongs to no execution. */
export type ServiceFunctionName = keyof typeof serviceEntries;

/** The name of a function that a preflight checks. */
export type FunctionName = StepName | ServiceFunctionName;

/** All steps, in the order of a transfer without failures. */
export const stepNames = Object.keys(stepEntries) as readonly StepName[];

export const serviceFunctionNames = Object.keys(serviceEntries) as readonly ServiceFunctionName[];

export const functionNames: readonly FunctionName[] = [...stepNames, ...serviceFunctionNames];

/** Folder and purpose of each function. */
export const functionEntries: Readonly<Record<FunctionName, FunctionEntry>> = {
  ...stepEntries,
  ...serviceEntries,
};

/** Returns the name of the preflight's state that checks a function. RecordOutcome's is the last: it concludes. */
export function checkStateOf(name: FunctionName): string {
  return `Check${name}`;
}

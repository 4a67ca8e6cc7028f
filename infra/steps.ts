/**
 * The steps of a transfer: the name of each Task state in the definition, which is also its
 * function's id in the construct tree, and the folder of its handler below `functions/`.
 */
export const stepFolders = {
  InspectSource: 'inspect-source',
  OpenSession: 'open-session',
  SendChunks: 'send-chunks',
  ReportProofs: 'report-proofs',
  ConfirmUpload: 'confirm-upload',
  AwaitAsset: 'await-asset',
  RecordOutcome: 'record-outcome',
} as const;

/** The name of a Task state. */
export type StepName = keyof typeof stepFolders;

/** All of them, in the order of a transfer in which nothing fails. */
export const stepNames = Object.keys(stepFolders) as StepName[];

/** What each step does, for whoever meets it in the console. */
export const stepPurposes: Readonly<Record<StepName, string>> = {
  InspectSource: "Pins the object and refuses, by name, what can't be ingested",
  OpenSession: 'Takes the transfer, opens or resumes its upload session, plans the ranges to send',
  SendChunks: 'Sends the chunks of one range that have no proof yet, keeping a proof for each',
  ReportProofs: "Reports the range's proofs to the service",
  ConfirmUpload: 'Asks whether all chunks arrived; reports or retires what the service lacks',
  AwaitAsset: 'Asks whether the asset is ready: completed only means that the bytes arrived',
  RecordOutcome: "Writes the outcome's row, puts its event, and says how the execution ends",
};

/** An event on the bus: one when a transfer starts and one when it ends. */
export interface TransferEvent {
  readonly type:
    | 'Transfer Started'
    | 'Transfer Ready'
    | 'Transfer Failed'
    | 'Transfer Superseded'
    | 'Transfer Cancelled'
    | 'Preflight Checked';
  readonly detail: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface EventPublisher {
  /** @throws EventNotPublishedError - EventBridge did not accept the event */
  publish(event: TransferEvent): Promise<void>;
}

/** A message to the operators. */
export interface Notice {
  readonly subject: string;
  readonly text: string;
}

export interface Notifier {
  /** @throws NoticeNotSentError - the alarm topic did not accept the notice; retryable */
  send(notice: Notice): Promise<void>;
}

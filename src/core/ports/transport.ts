/** An HTTP request. The URL may be a secret, so no log line and no error contains it. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | AsyncIterable<Uint8Array> | undefined;
  readonly signal: AbortSignal;
  /** The timeout for the whole reply, from the body's last byte, in ms. Default: the transport's own. */
  readonly replyTimeoutMs?: number | undefined;
  /** The most bytes of the reply's body. Default: the transport's own. */
  readonly maxReplyBytes?: number | undefined;
  /** Whether a 2xx with an unreadable body counts as a reply with an empty body. Default: false. */
  readonly bodyIsOptional?: boolean | undefined;
}

/** An HTTP reply. Header names are in lower case. The body is text of a bounded length. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

export interface Transport {
  /**
   * Sends one request and reads the whole reply. Follows no redirect and retries nothing. Rethrows errors
   * of the body's iteration, and the signal's reason, unchanged.
   * @throws NetworkError - no usable reply arrived
   * @throws RequestTimeoutError - no reply arrived in time
   */
  send(request: HttpRequest): Promise<HttpReply>;
}

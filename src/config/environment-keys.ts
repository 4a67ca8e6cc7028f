/** The keys of the functions' environment, which the infrastructure sets and the functions read. */
export const environmentKeys = {
  tableName: 'TABLE_NAME',
  eventBusName: 'EVENT_BUS_NAME',
  /** The SNS topic for reports of failed transfers. */
  noticeTopicArn: 'NOTICE_TOPIC_ARN',
  /** The CloudWatch dashboard for the links in reports. */
  dashboardName: 'DASHBOARD_NAME',
  /** The kind of the destination, which reads further keys of its own. */
  destination: 'DESTINATION',
  /** The secret with the destination's API key; a local run sets the destination's own key instead. */
  apiKeySecretArn: 'API_KEY_SECRET_ARN',
  /** `true` lets chunks go to private addresses, such as an S3 behind an interface endpoint. */
  privateUploadHosts: 'PRIVATE_UPLOAD_HOSTS',
  /** The name of this Chunkferry in its metrics' dimension; Powertools defines the key. */
  serviceName: 'POWERTOOLS_SERVICE_NAME',
  /** Chunks in flight in one call of the send step. */
  chunksInFlight: 'CHUNKS_IN_FLIGHT',
  /** Ranges that one transfer sends concurrently. */
  mapConcurrency: 'MAP_CONCURRENCY',
  /** Transfers that send concurrently; each holds a slot. */
  maxActiveTransfers: 'MAX_ACTIVE_TRANSFERS',
  /** Concurrent calls of the send step over all transfers. */
  maxSendConcurrency: 'MAX_SEND_CONCURRENCY',
  /** The time limit of one call of the send step, in milliseconds. */
  sendTimeoutMs: 'SEND_TIMEOUT_MS',
  /** `true` in a local run, which has no dispatcher. */
  localRun: 'LOCAL_RUN',
  /** The hours in which transfers start, as JSON (src/core/queue/transfer-window.ts). */
  transferWindow: 'TRANSFER_WINDOW',
  /** The configured sources and readers, as JSON (src/core/source/sources.ts). */
  sources: 'SOURCES',
  /** The time after which a chunk without progress is sent again, in milliseconds. */
  noProgressMs: 'NO_PROGRESS_MS',
  /** The longest time for the upload host's reply after a chunk's last byte, in milliseconds. */
  uploadReplyMs: 'UPLOAD_REPLY_MS',
} as const;

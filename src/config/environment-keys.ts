/** Every key that a function reads from its environment; the infrastructure sets them by these names. */
export const environmentKeys = {
  tableName: 'TABLE_NAME',
  eventBusName: 'EVENT_BUS_NAME',
  /** The topic that failed transfers are reported to. */
  noticeTopicArn: 'NOTICE_TOPIC_ARN',
  /** The CloudWatch dashboard that reports link to. */
  dashboardName: 'DASHBOARD_NAME',
  destination: 'DESTINATION',
  /** The secret that holds the service's API key; a local run gives the key itself instead. */
  apiKeySecretArn: 'API_KEY_SECRET_ARN',
  apiKey: 'TWELVE_LABS_API_KEY',
  /** Another server than the service's own; includes the version path. */
  baseUrl: 'TWELVELABS_BASE_URL',
  /** `true` lets chunks go to private addresses, such as an S3 behind an interface endpoint. */
  privateUploadHosts: 'PRIVATE_UPLOAD_HOSTS',
  /** Which Chunkferry: the dimension of its metrics, by Powertools' own key. */
  serviceName: 'POWERTOOLS_SERVICE_NAME',
  /** Chunks that one call of the send step keeps in flight. */
  chunksInFlight: 'CHUNKS_IN_FLIGHT',
  /** Ranges that one transfer sends at once. */
  mapConcurrency: 'MAP_CONCURRENCY',
  /** Transfers between opening a session and their bytes being complete. */
  maxActiveTransfers: 'MAX_ACTIVE_TRANSFERS',
  /** Calls of the send step that run at once, over all transfers. */
  maxSendConcurrency: 'MAX_SEND_CONCURRENCY',
  /** `true` in a local run, which no dispatcher serves. */
  localRun: 'LOCAL_RUN',
  /** The hours in which transfers start, as JSON (src/core/queue/transfer-window.ts). */
  transferWindow: 'TRANSFER_WINDOW',
  /** The configured sources and readers, as JSON (src/core/source/sources.ts). */
  sources: 'SOURCES',
  /** The largest video or audio object, in bytes. */
  maxMediaBytes: 'MAX_MEDIA_BYTES',
  /** The largest image, in bytes. */
  maxImageBytes: 'MAX_IMAGE_BYTES',
  /** A chunk that has moved no byte for this long is sent again, in milliseconds. */
  noProgressMs: 'NO_PROGRESS_MS',
  /** How long the upload host may take to reply after a chunk's last byte, in milliseconds. */
  uploadReplyMs: 'UPLOAD_REPLY_MS',
} as const;

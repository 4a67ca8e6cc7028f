import { describeEveryPoint } from './support/describe-every-point.ts';

describeEveryPoint({
  'a film of one range, with a CRC': { chunks: 3, checksum: 'CRC32C' },
  'a film with a wrong ETag, whose chunk is sent again': { chunks: 3, fault: 'wrong ETag' },
  'a film with a proof conflict': { chunks: 3, fault: 'proof conflict' },
});

import { Crc32, Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';
import type { CrcFactory } from '#src/core/source/source-reader.ts';

const algorithms = { CRC32: Crc32, CRC32C: Crc32c, CRC64NVME: Crc64Nvme };

/**
 * Running checksums by the AWS SDK, an independent implementation for comparison. They need no real
 * time, so tests in virtual time use them.
 */
export const sdkCrc: CrcFactory = async (algorithm) => {
  const crc = new algorithms[algorithm]();
  return {
    update: (bytes) => crc.update(bytes),
    digest: async () => Buffer.from(await crc.digest()).toString('base64'),
  };
};

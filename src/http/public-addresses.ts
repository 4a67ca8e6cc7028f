import { lookup as lookUp } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { TransferError } from '#src/core/errors.ts';
import type { ConnectGuard } from './undici.ts';

/** What IANA has given out as global unicast (registry of IPv6 address space, RFC 4291 §2.4). */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/** Where a resolver puts IPv4 addresses for a network that has IPv6 only (RFC 6052 §2.1). */
const translated = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/**
 * Whether an address, as text, is one of the public internet: in none of IANA's special-purpose
 * blocks for IPv4 and IPv6 (RFC 6890), such as private, loopback, link-local with its metadata
 * service, and shared ones. An IPv4 address within an IPv6 one, mapped or for NAT64, is judged itself.
 */
export function isPublicAddress(text: string): boolean {
  const address = judged(text);
  if (address?.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(globalUnicast);
}

/** What a private network gives to its own machines; never this machine, nor the metadata service. */
const privateRanges: readonly string[] = ['private', 'carrierGradeNat', 'uniqueLocal'];

/** EC2's own services in IPv6, of which one gives out credentials (Amazon EC2 User Guide, IMDS). */
const ownServices = ipaddr.IPv6.parseCIDR('fd00:ec2::/32');

/** Whether an address is a public one or one of a private network. */
function isPublicOrPrivate(text: string): boolean {
  const address = judged(text);
  if (!address || isPublicAddress(text)) return address !== undefined;
  const isOwn = address instanceof ipaddr.IPv6 && address.match(ownServices);
  return privateRanges.includes(address.range()) && !isOwn;
}

/** The address itself, or the IPv4 one that it stands for. */
function judged(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  if (address instanceof ipaddr.IPv4 || !address.match(translated)) return address;
  return ipaddr.IPv4.parse(lastFourBytes(address));
}

function lastFourBytes(address: ipaddr.IPv6): string {
  return address.toByteArray().slice(-4).join('.');
}

/** Where chunks may go. */
export interface UploadHosts {
  /** The service's configured address; its host, wherever it is, was the operator's own choice. */
  readonly baseUrl: string;
  /** Whether addresses of private networks will do, as for an S3 behind an interface endpoint. */
  readonly mayBePrivate: boolean;
  /** Stands in for `dns.lookup`. */
  readonly lookup?: LookupFunction;
}

/**
 * Lets sockets be opened to public addresses and the configured host alone, whatever a name resolves
 * to at that moment, so that a host which was public when it was named can't lead into a private
 * network later. Its `UploadHostRefusedError` names the host and the address. None for a service
 * without TLS, which is on this machine.
 */
export function guardOf(hosts: UploadHosts): ConnectGuard | undefined {
  const { baseUrl, mayBePrivate, lookup = lookUp } = hosts;
  if (!/^https:/i.test(baseUrl) || !URL.canParse(baseUrl)) return undefined;
  const configured = new URL(baseUrl).hostname.replace(/^\[|\]$/g, '');
  const check = checkOf(mayBePrivate ? isPublicOrPrivate : isPublicAddress);
  return {
    checkHost(host) {
      if (host !== configured && ipaddr.isValid(host)) check(host, [{ address: host }]);
    },
    lookup(host, options, callback) {
      if (host === configured) return lookup(host, options, callback);
      lookup(host, { ...options, all: true }, (error, found) => {
        if (error) return callback(error, '');
        const addresses = typeof found === 'string' ? [{ address: found, family: 4 }] : found;
        try {
          check(host, addresses);
        } catch (refusal) {
          return callback(refusal as Error, '');
        }
        if (options.all) return callback(null, addresses);
        callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
      });
    },
  };
}

function checkOf(isGood: (address: string) => boolean) {
  return (host: string, addresses: readonly { readonly address: string }[]): void => {
    const refused = addresses.find(({ address }) => !isGood(address))?.address;
    if (refused === undefined) return;
    const what = host === refused ? 'is' : `resolves to ${refused},`;
    throw new TransferError(
      'UploadHostRefusedError',
      `the upload host ${host} ${what} no public address`,
    );
  };
}

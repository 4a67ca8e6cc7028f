import { readdir, readFile, readlink } from 'node:fs/promises';

/** The state LISTEN in the kernel's tables. */
const listening = '0A';

/** 127.0.0.1 and ::1 in the format of the kernel's tables. */
const loopback = ['0100007F', '00000000000000000000000001000000'];

/**
 * Returns the addresses outside loopback on which a process group accepts connections, in the kernel's
 * format. Empty on other systems than Linux.
 */
export async function exposedListeners(group: number): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const sockets = new Set((await Promise.all((await membersOf(group)).map(socketsOf))).flat());
  const tables = await Promise.all(['tcp', 'tcp6'].map((table) => readTable(table)));
  return tables
    .flat()
    .filter(({ state, inode }) => state === listening && sockets.has(inode))
    .map(({ address }) => address)
    .filter((address) => !loopback.includes(address.split(':')[0] ?? ''));
}

async function membersOf(group: number): Promise<string[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const groups = await Promise.all(all.map((pid) => groupOf(pid)));
  return all.filter((_, index) => groups[index] === group);
}

/** Returns the process group: the fifth field of `stat`. The second, a name in brackets, may have spaces. */
async function groupOf(pid: string): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const afterName = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return afterName && Number(afterName[2]);
}

async function socketsOf(pid: string): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const open = await readdir(folder).catch(() => []);
  const links = await Promise.all(open.map((fd) => readlink(`${folder}/${fd}`).catch(() => '')));
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}

async function readTable(name: string) {
  const text = await readFile(`/proc/net/${name}`, 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .map((fields) => ({ address: fields[1] ?? '', state: fields[3], inode: fields[9] ?? '' }));
}

import * as dgram from 'node:dgram';

/**
 * A name server in a namespace of its own, in place of CoreDNS: A records over UDP from a table that its parent sends.
 * The pods reach it through the Service kube-dns, so that an egress policy that forgets DNS is noticed.
 */
const A = 1;
let records: Record<string, string[]> = {};

process.on('message', (message) => { records = message as Record<string, string[]>; });
process.on('disconnect', () => process.exit());

const socket = dgram.createSocket('udp4');
socket.on('message', (query, from) => {
  try {
    socket.send(answer(query), from.port, from.address);
  } catch { /* not a question: no answer */ }
});
socket.bind(53, '0.0.0.0', () => process.send!('ready'));

function answer(query: Buffer): Buffer {
  const labels: string[] = [];
  let at = 12;
  while (query[at] !== 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
    at += query[at] + 1;
    if (at > query.length) throw new Error('truncated');
  }
  const question = query.subarray(12, at + 5);
  const type = query.readUInt16BE(at + 1);
  const name = labels.join('.').toLowerCase();
  const addresses = records[name] ?? records[name.replace(/^[^.]+/, '*')];
  const answers = addresses && type === A ? addresses : [];

  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8580 + (addresses ? 0 : 3), 2); // response, authoritative, recursion; NXDOMAIN when the name is unknown
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  return Buffer.concat([header, question, ...answers.map((address) => Buffer.from([
    0xc0, 0x0c, 0, A, 0, 1, 0, 0, 0, 5, 0, 4, ...address.split('.').map(Number),
  ]))]);
}

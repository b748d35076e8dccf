const fs = require('node:fs');
const path = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

const ROOT = path.join(__dirname, '../..');

/** A suite that has never been in a complete run. */
const UNKNOWN = 60;

/** What each suite took in the run that docs/verification.md tells of, in seconds. */
function durations() {
  const rows = fs.readFileSync(path.join(ROOT, 'docs/verification.md'), 'utf8').matchAll(/^\| `(test\/\S+)` \|.*\| (\d+) \|$/gm);
  return new Map([...rows].map(([, file, seconds]) => [path.join(ROOT, file), Number(seconds)]));
}

/** Shares the suites out among clusters so that all of these end at about the same time: the longest suite first, to whoever has least to do. */
class ByDuration extends Sequencer {
  shard(tests, { shardIndex, shardCount }) {
    const shares = Array.from({ length: shardCount }, () => ({ seconds: 0, tests: [] }));
    for (const test of this.sort(tests)) {
      const least = shares.reduce((a, b) => (b.seconds < a.seconds ? b : a));
      least.seconds += this.secondsOf(test);
      least.tests.push(test);
    }
    return shares[shardIndex - 1].tests;
  }

  sort(tests) {
    return [...tests].sort((a, b) => this.secondsOf(b) - this.secondsOf(a) || (a.path < b.path ? -1 : 1));
  }

  secondsOf({ path: file }) {
    this.known ??= durations();
    return this.known.get(file) ?? UNKNOWN;
  }
}

module.exports = ByDuration;

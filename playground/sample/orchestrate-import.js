// Import a practitioner's patients from an iclinic export into medpro (a JSON file each here).
//
// The same as orchestrate_import.py, with node >= 18 and nothing else (node:sqlite is too new, so
// the store is a file, replaced by rename after each batch). Run it in its own directory:
// node orchestrate-import.js <sistema> <usuario> <practitioner-id> <medpro-pract-id> [patient-id]
'use strict';

const fs = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');

const USAGE = '<sistema> <usuario> <practitioner-id> <medpro-pract-id> [patient-id]';
const SYSTEMS = ['iclinic'];
const EXPORT = 'data/iclinic-export.ndjson';
const STORE = 'medpro';
const BATCH = 25;
const PACE_MS = Number(process.env.SAMPLE_PACE_MS ?? '60'); // per batch; the real one is slower
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// What went wrong, for stderr, and the exit status that goes with it.
class Failure extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// The store that patients are written to, a whole file a batch.
class Medpro {
  constructor(practitioner) {
    fs.mkdirSync(STORE, { recursive: true });
    this.path = `${STORE}/${encodeURIComponent(practitioner)}.json`;
    this.patients = fs.existsSync(this.path) ? JSON.parse(fs.readFileSync(this.path, 'utf8')) : {};
  }

  // Write the record if it is new or has changed; return which.
  put({ id, name, birth_date, cpf, phone }) {
    const fields = [name, birth_date, cpf, phone];
    const found = this.patients[id];
    if (found && found.every((value, n) => value === fields[n])) return 'unchanged';
    this.patients[id] = fields;
    this.dirty = true;
    return found ? 'changed' : 'new';
  }

  // Make the batch last.
  commit() {
    if (!this.dirty) return;
    fs.writeFileSync(`${this.path}.${process.pid}`, JSON.stringify(this.patients));
    fs.renameSync(`${this.path}.${process.pid}`, this.path);
    this.dirty = false;
  }
}

// One run: reads, validates, writes, and counts what became of each record.
class Import {
  constructor(medpro) {
    this.medpro = medpro;
    this.seen = new Set();
    this.counts = { new: 0, changed: 0, unchanged: 0, skipped: 0 };
    process.on('SIGTERM', () => { this.stopped = true; });
  }

  async run(lines) {
    const batches = [];
    for (let start = 0; start < lines.length; start += BATCH) {
      batches.push(lines.slice(start, start + BATCH));
    }
    let done = 0;
    for (const [n, batch] of batches.entries()) {
      try {
        for (const line of batch) this.counts[await this.one(line)] += 1;
      } finally {
        this.medpro.commit();
      }
      done += batch.length;
      say(`::progress ${done}/${lines.length} Importing patients`);
      if ((n + 1) % 10 === 0 || n + 1 === batches.length) {
        say(`[${n + 1}/${batches.length}] ${done} of ${lines.length} records: ${this.summary()}`);
      }
      await sleep(PACE_MS); // signals are heard here
      if (this.stopped) {
        throw new Failure(143, `stopped by SIGTERM after ${done} of ${lines.length} records`);
      }
    }
  }

  summary() {
    return Object.entries(this.counts).map(([what, count]) => `${count} ${what}`).join(', ');
  }

  async one(line) {
    const record = parse(line);
    if (record.attachments) await this.waitFor(record.attachments);
    const problem = findProblem(record, this.seen);
    this.seen.add(record.id);
    if (problem) {
      warn(record, `${problem}, skipped`);
      return 'skipped';
    }
    return this.medpro.put(record);
  }

  async waitFor(attachments) {
    say(`waiting for ${attachments}`);
    while (!this.stopped && !fs.existsSync(attachments)) await sleep(200);
  }
}

// Return the record in the line; text that is not UTF-8 is read as Latin-1, with a warning.
function parse({ number, text }) {
  let decoded;
  let legible = true;
  try {
    decoded = UTF8.decode(text);
  } catch {
    decoded = text.toString('latin1');
    legible = false;
  }
  let record;
  try {
    record = JSON.parse(decoded);
  } catch {
    const where = `line ${number} of ${EXPORT}`;
    throw new Failure(1, `bad record at ${where}: not JSON; what came before stays`);
  }
  if (!legible) warn(record, 'not UTF-8, read as Latin-1');
  return record;
}

// Say why the record cannot be imported, or nothing.
function findProblem(record, seen) {
  if (seen.has(record.id)) return 'id seen before in this export';
  if (!record.birth_date) return 'birth date missing';
  if (!cpfIsValid(record.cpf)) return 'CPF check digits wrong';
  return undefined;
}

// Check the two digits; test numbers carry them complemented to nine.
function cpfIsValid(cpf) {
  if (!/^[0-9]{11}$/.test(cpf)) return false;
  const digits = [...cpf.slice(0, 9)].map(Number);
  for (let round = 0; round < 2; round += 1) {
    const rest = digits.reduceRight((sum, d, i) => sum + d * (digits.length + 1 - i), 0) % 11;
    digits.push(rest < 2 ? 0 : 11 - rest);
  }
  return cpf.slice(9) === digits.slice(9).map((digit) => 9 - digit).join('');
}

// Return the lines of a practitioner, or of the one patient among them.
function select(practitioner, patient) {
  let bytes;
  try {
    bytes = fs.readFileSync(EXPORT);
  } catch {
    throw new Failure(1, `cannot read ${EXPORT}: run me in my own directory`);
  }
  const wanted = `"practitioner": "${practitioner}"`;
  const lines = split(bytes).filter(({ text }) => text.includes(wanted));
  if (!lines.length) throw new Failure(3, `practitioner ${practitioner} has no records in ${EXPORT}`);
  if (patient === undefined) return lines;
  const chosen = lines.filter(({ text }) => text.includes(`"id": "${patient}"`));
  if (!chosen.length) {
    const among = `the ${lines.length} of practitioner ${practitioner}`;
    throw new Failure(3, `patient ${patient} is not among ${among}`);
  }
  return chosen;
}

function split(bytes) {
  const lines = [];
  for (let start = 0, number = 1; start < bytes.length; number += 1) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    lines.push({ number, text: bytes.subarray(start, end) });
    start = end + 1;
  }
  return lines;
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

// Print a warning that names the record by its id, never the person.
function warn(record, text) {
  process.stderr.write(`warning: record ${record.id}: ${text}\n`);
}

async function main(args) {
  if (args.length < 4 || args.length > 5 || args.includes('')) {
    throw new Failure(2, `usage: orchestrate-import ${USAGE}`);
  }
  const [system, user, practitioner, target, patient] = args;
  if (!SYSTEMS.includes(system)) {
    throw new Failure(2, `unknown sistema ${system}; known: ${SYSTEMS.join(', ')}`);
  }
  say(`orchestrate-import on node ${process.versions.node}`);
  say(`${system} (${user}), practitioner ${practitioner} -> medpro, ${target}`);
  const lines = select(practitioner, patient);
  say(`${lines.length} record${lines.length > 1 ? 's' : ''} in ${EXPORT}`);
  const run = new Import(new Medpro(target));
  await run.run(lines);
  say(`Done: ${run.summary()}.`);
  const { unchanged, skipped } = run.counts;
  say(`::result imported=${run.counts.new + run.counts.changed} unchanged=${unchanged} skipped=${skipped}`);
}

main(process.argv.slice(2)).catch((error) => {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = error.status;
});

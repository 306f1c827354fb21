// The live page: targets, live tail, playground. Reads only; text is set as text, never as markup.
'use strict';

const $ = (id) => document.getElementById(id);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, '');
    else if (value !== false && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== ''));
  return made;
}

async function ask(path, options = {}) {
  const response = await fetch('api/v1/' + path, { cache: 'no-store', ...options });
  const type = response.headers.get('Content-Type') || '';
  const body = type.includes('json') ? await response.json() : await response.text();
  if (response.ok) return body;
  throw new Error(body.error || body || `status ${response.status}`);
}

function say(id, text) { if ($(id).textContent !== text) $(id).textContent = text; }

function bytes(count) {
  if (count < 1024) return `${count} B`;
  for (const unit of ['KiB', 'MiB', 'GiB', 'TiB']) {
    count /= 1024;
    if (count < 1024 || unit === 'TiB') return `${count.toFixed(1)} ${unit}`;
  }
}

function labelChips(labels) {
  return Object.entries(labels || {}).map(
    ([name, value]) => element('span', { class: 'label' }, `${name}="${value}"`));
}

// --- tabs ---

const tabs = [...document.querySelectorAll('[role=tab]')];

function show(name, focus = false) {
  for (const tab of tabs) {
    const chosen = tab.getAttribute('aria-controls') === name;
    tab.setAttribute('aria-selected', String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    $(tab.getAttribute('aria-controls')).hidden = !chosen;
    if (chosen && focus) tab.focus();
  }
  if (location.hash !== '#' + name) history.replaceState(null, '', '#' + name);
  if (name === 'targets') refreshTargets();
  if (name === 'playground') loadJobs();
}

const shown = () => tabs.find((tab) => tab.getAttribute('aria-selected') === 'true')
  .getAttribute('aria-controls');

for (const [index, tab] of tabs.entries()) {
  tab.addEventListener('click', () => show(tab.getAttribute('aria-controls')));
  tab.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    show(tabs[(index + step + tabs.length) % tabs.length].getAttribute('aria-controls'), true);
  });
}

// --- targets ---

let lastTargets = null;

function drawTargets() {
  if (lastTargets === null) return;
  const wanted = $('targets-filter').value.toLowerCase();
  const rows = [];
  let files = 0;
  for (const job of lastTargets.jobs) {
    for (const target of job.targets) {
      for (const file of target.files) {
        ++files;
        const chips = labelChips(target.labels);
        const text = [file.path, job.job, ...chips.map((chip) => chip.textContent)].join(' ');
        if (!text.toLowerCase().includes(wanted) || rows.length >= 500) continue;
        const lag = file.lag_bytes || 0;
        const cell = (name, content, kind = '') =>
          element('td', { 'data-name': name, class: kind }, content);
        rows.push(element('tr', {},
          element('td', { class: 'text' }, file.path), cell('Job', job.job),
          cell('Lag', lag === 0 ? 'none' : `${bytes(lag)}, ${(file.lag_seconds || 0).toFixed(0)} s`,
            lag === 0 ? 'number' : 'number behind'),
          cell('Read', `${bytes(file.offset)} of ${bytes(file.size_bytes)}`, 'number'),
          cell('Lines', String(file.lines), 'number'),
          element('td', {}, ...chips)));
      }
    }
  }
  for (const job of lastTargets.jobs) {
    for (const input of job.inputs) {
      ++files;
      const chips = labelChips(input.labels);
      const text = [input.type, input.name, job.job, ...chips.map((chip) => chip.textContent)].join(' ');
      if (!text.toLowerCase().includes(wanted) || rows.length >= 500) continue;
      const cell = (name, content, kind = '') =>
        element('td', { 'data-name': name, class: kind }, content);
      const details = Object.entries(input.details).map(([name, value]) => `${name}: ${value}`);
      rows.push(element('tr', {},
        element('td', { class: 'text' }, `${input.type} ${input.name}`), cell('Job', job.job),
        cell('State', input.ready ? 'ready' : 'not ready', input.ready ? 'number' : 'number behind'),
        cell('Details', details.join(', '), 'text'), cell('Lines', ''),
        element('td', {}, ...chips)));
    }
  }
  $('files').replaceChildren(...rows);
  say('targets-count', `${rows.length} of ${files} targets shown`);
  // Workers often say the same.
  const troubles = new Set(lastTargets.workers.flatMap((worker) => [...worker.troubles, ...worker.failing]));
  for (const trouble of lastTargets.discovery_troubles) troubles.add(trouble);
  for (const input of lastTargets.jobs.flatMap((job) => job.inputs)) {
    if (input.trouble !== '') troubles.add(`${input.type} ${input.name}: ${input.trouble}`);
  }
  for (const worker of lastTargets.workers) {
    if (worker.stalled) troubles.add('reading waits: the outbox of a client is full');
  }
  if (lastTargets.silent_workers.length > 0) {
    troubles.add(`workers too busy to answer: ${lastTargets.silent_workers.join(', ')}`);
  }
  $('troubles').replaceChildren(...[...troubles].map((trouble) => element('li', {}, trouble)));
}

async function refreshTargets() {
  if (document.hidden || shown() !== 'targets') return;
  try {
    lastTargets = await ask('targets');
    say('connection', '');
    drawTargets();
  } catch (error) {
    say('connection', `No answer: ${error.message}`);
  }
}

$('targets-filter').addEventListener('input', drawTargets);
setInterval(refreshTargets, 2000);

// --- what happened to an entry ---

// Byte positions refer to UTF-8.
function markedText(text, groups) {
  const encoded = new TextEncoder().encode(text);
  const decoder = new TextDecoder();
  const out = [];
  let done = 0;
  for (const group of [...groups].sort((a, b) => a.begin - b.begin)) {
    if (group.begin < done) continue;
    out.push(decoder.decode(encoded.slice(done, group.begin)));
    out.push(element('mark', { title: group.name },
      decoder.decode(encoded.slice(group.begin, group.end)), element('sup', {}, group.name)));
    done = group.end;
  }
  out.push(decoder.decode(encoded.slice(done)));
  return element('div', { class: 'text' }, ...out);
}

const verdicts = { keep: '', drop: 'dropped', hold: 'held', skip: 'nested stages left out' };

function stepView(step) {
  const kind = step.verdict !== 'keep' ? step.verdict : step.changes.length > 0 ? 'changed' : '';
  const view = element('div', { class: `step ${kind}` },
    element('h3', {}, `${step.number} ${step.name}`), ' ',
    element('span', { class: 'quiet' },
      [verdicts[step.verdict], step.drop_reason && `counted as ${step.drop_reason}`,
        `${(step.spent_ns / 1000).toFixed(1)} us`].filter(Boolean).join(', ')));
  view.style.marginLeft = `${step.depth * 1.2}rem`;
  if (step.groups) view.append(markedText(step.text, step.groups));
  for (const reason of step.reasons || []) view.append(element('p', { class: 'quiet' }, reason));
  for (const change of step.changes) {
    const name = change.name ? `${change.field} ${change.name}` : change.field;
    view.append(element('div', { class: 'text' }, name,
      change.was !== undefined ? element('span', { class: 'was' }, change.was) : '',
      change.now !== undefined ? element('span', { class: 'now' }, change.now) : ''));
  }
  for (const metric of step.metrics || []) {
    view.append(element('div', { class: 'text' },
      `${metric.metric} ${metric.action} ${metric.value}`));
  }
  return view;
}

function entryView(trace, open) {
  const inside = element('div', { class: 'inside' });
  if (trace.before) {
    inside.append(element('div', { class: 'text quiet' },
      (trace.first_stage > 0 ? 'joined: ' : '') + trace.before.line));
  }
  for (const step of trace.stages || []) inside.append(stepView(step));
  if ((trace.stages || []).length === 0) {
    inside.append(element('p', { class: 'quiet' }, 'No stage saw it.'));
  }
  for (const [name, value] of trace.structured_metadata || []) {
    inside.append(element('span', { class: 'label' }, `${name}=${value} (metadata)`));
  }
  if (trace.tenant) inside.append(element('span', { class: 'label' }, `tenant ${trace.tenant}`));
  return element('details', { class: 'entry', open },
    element('summary', {},
      element('span', { class: `fate ${trace.fate}` }, trace.fate), ' ',
      element('span', { class: 'quiet' }, trace.timestamp), ' ',
      ...labelChips(trace.labels), element('div', { class: 'text' }, trace.line)),
    inside);
}

// --- live tail ---

const kEntriesMax = 300;
const tapId = 'page-' + [...crypto.getRandomValues(new Uint32Array(2))].join('-');
let tailing = 0;  // Which of them; 0: none. A poll that waits sees that it is of an earlier one.
let begun = 0;
let totals = { shown: 0, seen: 0, out: 0 };

async function pollTail(mine, asked) {
  if (tailing !== mine) return;
  try {
    const answer = await ask('tap?' + new URLSearchParams(asked));
    if (tailing !== mine) return;
    $('tail-error').hidden = true;
    totals.shown += answer.traces.length;
    totals.seen += answer.seen;
    totals.out += answer.sampled_out + (answer.dropped_queue || 0);
    for (const trace of answer.traces) {
      const view = entryView(trace, false);
      view.classList.add('fresh');
      view.querySelector('.inside').append(element('p', {}, playButton(trace)));
      $('entries').prepend(view);
    }
    while ($('entries').childElementCount > kEntriesMax) $('entries').lastElementChild.remove();
    say('tail-status', `Running. ${totals.shown} entries shown, ${totals.seen} seen, ` +
      `${totals.out} left out by the rate.`);
  } catch (error) {
    if (tailing !== mine) return;
    stopTail();
    $('tail-error').textContent = error.message;
    $('tail-error').hidden = false;
  }
  setTimeout(pollTail, 500, mine, asked);
}

function stopTail() {
  tailing = 0;
  $('tail-start').textContent = 'Start';
  say('tail-status', 'Not running.');
}

function playButton(trace) {
  const button = element('button', { type: 'button' }, 'Try in the playground');
  button.addEventListener('click', () => {
    $('lines').value = trace.before ? trace.before.line : trace.line;
    $('labels').value = Object.entries((trace.before || trace).labels)
      .map(([name, value]) => `${name}=${value}`).join('\n');
    show('playground', true);
    loadJobs().then(() => {
      if (trace.job && jobs.some((job) => job.job === trace.job)) {
        $('job').value = trace.job;
        $('stages').value = jobs.find((job) => job.job === trace.job).stages;
      }
      run();
    });
  });
  return button;
}

$('tail-form').addEventListener('submit', (event) => {
  event.preventDefault();
  if (tailing) return stopTail();
  tailing = ++begun;
  totals = { shown: 0, seen: 0, out: 0 };
  $('tail-start').textContent = 'Stop';
  pollTail(tailing, {
    id: `${tapId}-${begun}`, selector: $('selector').value, rate: $('rate').value || '20',
    stages: 'true',
  });
});
$('tail-clear').addEventListener('click', () => $('entries').replaceChildren());

// --- playground ---

let jobs = [];
let faults = [];
let running = 0;
let waiting = 0;

async function loadJobs() {
  if (jobs.length > 0) return;
  try {
    jobs = await ask('jobs');
    $('job').append(...jobs.map((job) => element('option', { value: job.job }, job.job)));
  } catch (error) {
    say('play-status', `The jobs cannot be had: ${error.message}`);
  }
}

function drawGutter() {
  const count = $('stages').value.split('\n').length;
  const at = new Map();
  for (const fault of faults) {
    if (at.get(fault.line) !== 'error') at.set(fault.line, fault.severity);
  }
  const parts = [];
  for (let line = 1; line <= count; ++line) {
    const kind = { error: 'b', warning: 'i' }[at.get(line)];
    parts.push(kind ? element(kind, {}, String(line)) : String(line), '\n');
  }
  $('gutter').replaceChildren(...parts);
  $('gutter').scrollTop = $('stages').scrollTop;
}

function faultView(fault) {
  const item = element('li', { class: fault.severity },
    (fault.line > 0 ? `line ${fault.line}: ` : '') + fault.message);
  return item;
}

function targetLabels() {
  const labels = {};
  for (const line of $('labels').value.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0) labels[line.slice(0, equals).trim()] = line.slice(equals + 1);
  }
  return labels;
}

async function run() {
  clearTimeout(waiting);
  const mine = ++running;
  const lines = $('lines').value.split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  try {
    const answer = await ask('try', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ stages: $('stages').value, lines, labels: targetLabels() }),
    });
    if (mine !== running) return;  // A later run is on its way.
    faults = answer.diagnostics;
    $('faults').replaceChildren(...faults.map(faultView));
    const results = (answer.traces || []).map((trace) => entryView(trace, true));
    if (answer.summary) {
      for (const warning of answer.summary.warnings) {
        results.push(element('p', { class: 'behind' }, warning));
      }
      for (const metric of answer.summary.metrics) {
        results.push(element('div', { class: 'text' }, metric));
      }
    }
    $('results').classList.toggle('stale', !answer.traces);  // Those of the last run that could.
    if (results.length > 0 || answer.traces) {
      $('results').replaceChildren(
        ...(results.length > 0 ? results : [element('p', { class: 'quiet' }, 'No line is given.')]));
    }
    say('play-status', answer.stopped || (answer.traces
      ? `${answer.summary.kept} kept, ${answer.summary.dropped} dropped` : 'These stages cannot run.'));
  } catch (error) {
    if (mine === running) say('play-status', error.message);
  }
  drawGutter();
}

function runSoon() {
  drawGutter();
  clearTimeout(waiting);
  waiting = setTimeout(run, 300);
}

for (const id of ['stages', 'labels', 'lines']) {
  $(id).addEventListener('input', runSoon);
  $(id).addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run();
    }
  });
}
$('stages').addEventListener('scroll', drawGutter);
$('run').addEventListener('click', run);
$('job').addEventListener('change', () => {
  const job = jobs.find((one) => one.job === $('job').value);
  $('stages').value = job ? job.stages : '';
  if (job) {
    $('labels').value = Object.entries(job.labels)
      .map(([name, value]) => `${name}=${value}`).join('\n');
  }
  runSoon();
});

drawGutter();
show(['targets', 'tail', 'playground'].includes(location.hash.slice(1))
  ? location.hash.slice(1) : 'targets');
addEventListener('hashchange', () => {
  if (tabs.some((tab) => tab.getAttribute('aria-controls') === location.hash.slice(1))) {
    show(location.hash.slice(1));
  }
});

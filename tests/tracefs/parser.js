// SPDX-License-Identifier: MIT
// parser.js BIGRIG FILE: the text of `trace` through catapult's importer of ftrace text, which the package
// bigrig carries for use without a browser.  Prints what it understood: warnings, and the slices of CPU 0.
'use strict';
const fs = require('fs'), path = require('path');
const lib = path.join(process.argv[2], 'lib');

require(path.join(lib, 'global-config.js')).enable();	// what a browser would have
require(path.join(lib, 'third_party/tracing/importer/import.js'));
require(path.join(lib, 'third_party/tracing/extras/importer/linux_perf/ftrace_importer.js'));
require(path.join(lib, 'tracing-config.js'));

const model = new tr.Model();
const options = new tr.importer.ImportOptions();
options.showImportWarnings = false;
options.pruneEmptyContainers = false;
new tr.importer.Import(model, options).importTraces([fs.readFileSync(process.argv[3], 'utf8')]);

const cpu = model.kernel.cpus[0];
console.log(JSON.stringify({
	warnings: model.importWarnings.map(w => w.message),
	slices: cpu ? cpu.slices.map(s => [s.args.comm, s.args.tid]) : [],
}));

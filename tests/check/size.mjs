#!/usr/bin/env node
// No file of src/ over 600 lines and no function over 60 without its reason: a comment "long because: …" in the file, or in or right above the function.
import { codeOf, complain, end, files, read } from './lib/tree.mjs';

const FILE_MAX = 600, FUNCTION_MAX = 60;
const reason = /long because: \S/;
let nFunctions = 0;

/* In the look of the house a function body is the text between a line that is only "{" and the next line that is only "}". */
function checkFunctions(file, text) {
    const lines = text.split('\n'), code = codeOf(text, { strings: true }).split('\n');
    let from = -1;
    code.forEach((line, i) => {
        if (line === '{') from = i;
        if (line !== '}' || from < 0) return;
        nFunctions++;
        const length = i - from + 2;
        const around = lines.slice(Math.max(0, from - 8), i).join('\n');
        if (length > FUNCTION_MAX && !reason.test(around)) complain(`${file}:${from}`, `${lines[from - 1].trim().slice(0, 80)}: ${length} lines`);
        from = -1;
    });
}

const looked = files('src', /\.(c|h|def)$/);
for (const file of looked) {
    const text = read(file);
    const length = text.split('\n').length - 1;
    if (length > FILE_MAX && !reason.test(text.slice(0, 3000))) complain(file, `${length} lines: is it two files?`);
    checkFunctions(file, text);
}
end(looked.length > 50 && nFunctions > 200);

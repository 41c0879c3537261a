// Opens OpenVINO IRs with Netron's own reader and prints what it finds; ends with 1 when it cannot.
//
//     node open.mjs NETRON_FOLDER MODEL.xml...
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, ...files] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(path.join(folder, name)).href);
const [openvino, xml] = await Promise.all([load('openvino.js'), load('xml.js')]);

/** What Netron gives a reader: the file, those beside it, and what is known of the operations. */
const contextOf = (file) => {
    const bytes = fs.readFileSync(file);
    const context = {
        identifier: path.basename(file),
        stream: { length: bytes.length, peek: (count) => bytes.subarray(0, count) },
        tags: async () => new Map([[xml.TextReader.open(bytes).read().documentElement.localName, '']]),
        set: (type) => { context.type = type; return type; },
        read: async () => xml.TextReader.open(bytes).read(),
        fetch: async (name) => {
            const content = fs.readFileSync(path.join(path.dirname(file), name));
            return { stream: { peek: () => content } };
        },
        metadata: async () => ({ type: (name) => ({ name }), attribute: () => null })
    };
    return context;
};

let failures = 0;
for (const file of files) {
    try {
        const factory = new openvino.ModelFactory();
        const context = contextOf(file);
        if (await factory.match(context) !== 'openvino.xml') throw new Error('Netron does not recognise the file.');
        const model = await factory.open(context);
        const [graph] = model.modules;
        const made = new Set(graph.inputs.concat(graph.nodes.flatMap((node) => node.outputs)).flatMap((a) => a.value));
        const read = graph.outputs.concat(graph.nodes.flatMap((node) => node.inputs)).flatMap((a) => a.value);
        const loose = read.filter((value) => !value.initializer && !made.has(value));
        if (graph.nodes.length === 0) throw new Error('The graph is empty.');
        if (loose.length > 0) throw new Error(`Nobody makes the values ${loose.map((value) => value.name)}.`);
        console.log(`ok ${model.format} "${model.name}": ${graph.nodes.length} nodes, ${graph.inputs.length} inputs, ` +
            `${graph.outputs.length} outputs: ${file}`);
    } catch (error) {
        failures++;
        console.log(`FAILED ${error.stack}: ${file}`);
    }
}
process.exit(failures === 0 ? 0 : 1);

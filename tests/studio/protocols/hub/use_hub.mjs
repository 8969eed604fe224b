// What a person does with npm's client of the Hub; prints what came of it as JSON.
import { downloadFile, fileDownloadInfo, fileExists, listCommits, listFiles, listModels, modelInfo } from "@huggingface/hub";

const hub = { hubUrl: process.env.HF_ENDPOINT, accessToken: `hf_${process.env.HF_TOKEN}` };
const data = { ...hub, repo: { type: "dataset", name: "team/data" } };
const all = async (items) => { const found = []; for await (const one of items) found.push(one); return found; };
const text = async (given) => (await downloadFile(given)).text();

console.log(JSON.stringify({
  info: (await modelInfo({ ...hub, name: "team/plain", revision: "prod" })).name,
  files: (await all(listFiles({ ...data, recursive: true }))).map((one) => `${one.type} ${one.path}`),
  text: await text({ ...data, path: "a.csv" }),
  stage: await text({ ...hub, repo: "team/plain", revision: "eu/prod", path: "ä file.txt" }),
  size: (await fileDownloadInfo({ ...data, path: "a.csv" })).size,
  there: [await fileExists({ ...data, path: "a.csv" }), await fileExists({ ...data, path: "no" })],
  models: (await all(listModels({ ...hub, search: { query: "tiny" } }))).map((one) => one.name),
  commits: (await all(listCommits({ ...hub, repo: "team/tiny" }))).map((one) => one.title),
}));

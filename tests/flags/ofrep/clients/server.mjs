// Asks the server of $OFREP_ENDPOINT as a Node service would, with the stock provider; prints what it was answered.
import { OpenFeature } from "@openfeature/server-sdk";
import { OFREPProvider } from "@openfeature/ofrep-provider";

const { keys, context } = JSON.parse(process.env.QUESTIONS);
const provider = new OFREPProvider({
  baseUrl: process.env.OFREP_ENDPOINT,
  headers: [["Authorization", `Bearer ${process.env.OFREP_TOKEN}`]],
});
await OpenFeature.setProviderAndWait(provider);
const client = OpenFeature.getClient();
const ask = {
  boolean: (key) => client.getBooleanDetails(key, false, context),
  string: (key) => client.getStringDetails(key, "default", context),
  number: (key) => client.getNumberDetails(key, -1, context),
  object: (key) => client.getObjectDetails(key, {}, context),
};
const answers = {};
for (const [name, [type, key]] of Object.entries(keys)) answers[name] = await ask[type](key);
console.log(JSON.stringify(answers));

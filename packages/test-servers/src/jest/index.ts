export { describeWithServers } from "./describe-with-servers.js";

// require('kubemu'): the one ES module, as Node 20.19 and later can require it.
module.exports = require('./dist/index.js')

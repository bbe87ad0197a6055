"""The wire of gateways that make pictures as tasks: one request begins a task, others ask until it is done."""

"""What tests share: the gateway under test, its servers, clients and databases, and what must always hold."""

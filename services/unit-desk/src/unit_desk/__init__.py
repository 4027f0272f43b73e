"""The desk of the units: where people answer complaints who have never heard of Kafka."""

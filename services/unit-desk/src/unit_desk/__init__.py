"""The units' desk: where people who have never heard of Kafka answer complaints."""

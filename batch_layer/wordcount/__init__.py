"""How often each word occurs in a file: the smallest job of the batch layer, in Spark and in mrjob."""
